import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Actions, UpOptions } from '../actions.ts'
import type { Io } from '../io.ts'
import { type LogPlace, logPlace } from '../log-place.ts'

const LISTEN = '127.0.0.1:4800'

interface Flags extends LogPlace {
  readonly listen: Address
  readonly auth: boolean
  readonly logLevel: UpOptions['logLevel']
}

type Address = Pick<UpOptions, 'host' | 'port'>

/** Starts a server. The flags are read here; the composition root does the rest. */
export function addUp(
  program: Command,
  io: Io,
  { up }: Pick<Actions, 'up'>,
  ended: (exit: number) => void,
): void {
  logPlace(program.command('up'))
    .description('Start a server: the engine, the API, and what they remember.')
    .option(
      '--listen <host:port>',
      'where it answers; port 0 takes a free one',
      readAddress,
      readAddress(LISTEN),
    )
    .option('--no-auth', 'let everybody in; on loopback only')
    .addOption(
      new Option('--log-level <level>', 'how much it says')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .action(async (flags: Flags) => {
      const { listen, state: stateDir, store: storeUrl = null, auth, logLevel } = flags
      ended(await up({ ...listen, stateDir, storeUrl, openToAll: !auth, logLevel }, io))
    })
}

function readAddress(text: string): Address {
  const found = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text)
  const host = found?.[1] ?? found?.[2]
  const port = Number(found?.[3])
  if (host === undefined || port > 65_535)
    throw new InvalidArgumentError(`expected "host:port" such as ${LISTEN}`)
  return { host, port }
}
