import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Client } from './client.ts'
import { type Ink, ink, wantsColour } from './draw/ink.ts'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { Failure } from './outcome.ts'
import { readTokenFile } from './token-file.ts'

const SERVER = 'http://127.0.0.1:4800'

/** What every command understands. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly server?: string
  readonly token?: string
  /** False with `--no-color`. */
  readonly color?: boolean
}

/** What a command works with. */
export interface Session {
  readonly io: Io
  readonly json: boolean
  readonly ink: Ink
  /** Speaks to the server; asked for only by commands that need one. */
  readonly client: () => Promise<Result<Client, Failure>>
}

export function openSession(io: Io, options: GlobalOptions): Session {
  const colour = options.color !== false && wantsColour(io.env, io.stdout.isTTY === true)
  return {
    io,
    json: options.json === true,
    ink: ink(colour),
    async client() {
      const server = options.server ?? io.env['GOAROUND_SERVER'] ?? SERVER
      if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
        const says = `'${server}' is not the address of a server: expected something like ${SERVER}`
        return no({ exit: EXIT.usage, says })
      }
      // The shapes of the API are loaded by whoever speaks to a server, not by `--help`.
      const { openClient } = await import('./client.ts')
      const given = options.token ?? io.env['GOAROUND_TOKEN'] ?? ''
      if (given !== '') return yes(openClient({ server, token: given }))
      const kept = await readTokenFile(io.env)
      return kept.ok ? yes(openClient({ server, token: kept.value })) : kept
    },
  }
}
