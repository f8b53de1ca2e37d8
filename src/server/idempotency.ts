import { createHash, randomUUID } from 'node:crypto'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Trouble } from './problems.ts'

/** Requests that are remembered; a client repeats within seconds, and beyond that the log itself recognises it. */
const REMEMBERED_MAX = 10_000
const KEY = /^[\x21-\x7e]{1,200}$/

/** What a request was, for as long as its key is remembered. */
interface Remembered {
  readonly digest: string
  answer: string | null
}

/** A key that may be used: the command's name in the log, and the answer if it was given before. */
export interface Admitted {
  readonly commandId: string
  readonly answer: string | null
  readonly remember: (answer: string) => void
}

/** Recognises repeated requests by `Idempotency-Key`. */
export interface Idempotency {
  readonly admit: (request: {
    readonly key: string | undefined
    /** Who asks for what: the same key means nothing elsewhere. */
    readonly scope: string
    readonly body: string
  }) => Result<Admitted, Trouble>
}

/**
 * Answers a repeated request as the first one, and refuses a key that comes back with another
 * body. This memory is a courtesy; that nothing happens twice is the log's own promise, which
 * gets the same `commandId` in every process and after every restart.
 */
export function rememberRequests(): Idempotency {
  const known = new Map<string, Remembered>()
  return {
    admit({ key, scope, body }) {
      if (key === undefined) return yes(admitted(randomUUID(), null, () => undefined))
      if (!KEY.test(key)) {
        const message = 'expected 1 to 200 visible ASCII characters'
        return no({ code: 'bad-request', problems: [{ path: 'Idempotency-Key', message }] })
      }
      const commandId = `${scope} ${key}`
      const digest = createHash('sha256').update(body).digest('hex')
      const before = known.get(commandId)
      if (before !== undefined && before.digest !== digest) return no({ code: 'key-reused' })
      const entry = before ?? { digest, answer: null }
      if (before === undefined) {
        known.set(commandId, entry)
        const [oldest] = known.keys()
        if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest)
      }
      return yes(
        admitted(commandId, entry.answer, (answer) => {
          entry.answer = answer
        }),
      )
    },
  }
}

function admitted(
  commandId: string,
  answer: string | null,
  remember: (answer: string) => void,
): Admitted {
  return { commandId, answer, remember }
}
