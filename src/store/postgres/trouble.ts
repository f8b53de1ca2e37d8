import { StoreTrouble, type StoreTroubleKind } from '../store-trouble.ts'

type Words = readonly [StoreTroubleKind, what: string, todo: string]

const DOWN: Words = [
  'down',
  'cannot be reached',
  'Start PostgreSQL, or check its address and the network in between; a running goaround goes on by itself once it answers, one that was being started has to be started again.',
]

/** By SQLSTATE or its class, https://www.postgresql.org/docs/current/errcodes-appendix.html. The longest match counts. */
const BY_STATE: Readonly<Record<string, Words>> = {
  '08': DOWN,
  '57P': DOWN,
  '53300': [
    'down',
    'has no connection left for us',
    'Raise max_connections, or end other clients.',
  ],
  '53': ['full', 'is out of disk space or memory', 'Free some; nothing was recorded.'],
  '58': ['down', 'cannot use its files', "Read the server's log."],
  '28': ['denied', 'refuses our name or password', 'Check both in the URL, and pg_hba.conf.'],
  '42501': [
    'denied',
    'does not let us do this',
    'Give this role the right to create the schema goaround, or to use its tables.',
  ],
  '3D000': ['unusable', 'does not exist', 'Make it with createdb, or name another one.'],
  '25006': [
    'read-only',
    'takes no writes',
    'Name the primary server rather than a standby, or unset default_transaction_read_only.',
  ],
  '55P03': [
    'locked',
    'kept us waiting for a lock',
    'Look for long transactions in pg_stat_activity.',
  ],
  '57014': ['locked', 'took too long', 'Look for long transactions in pg_stat_activity.'],
  '40': ['locked', 'could not put our transactions in an order', 'Try again.'],
  XX001: ['corrupt', 'is damaged', 'Stop goaround, and restore the last backup.'],
  XX002: ['corrupt', 'has a damaged index', 'Stop goaround, and restore the last backup.'],
}

/** What the network says when there is no server to give a SQLSTATE. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
])

/** What the driver says then, in words alone. `connect ENOENT` is a Unix socket that is not there. */
const DRIVER_WORDS =
  /connect ENOENT|connection terminated|not queryable|timeout expired|timeout exceeded|read timeout|connection error|server closed/i

/** The SQLSTATE or system error code of an error; empty when it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

/** True when the server may be gone, so that it is unknown what became of the last statement. */
export function isLostConnection(error: unknown): boolean {
  return wordsFor(error) === DOWN
}

/** Runs one piece of work, and says what is wrong with the database when it cannot go on. */
export async function sayingWhere<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StoreTrouble) throw error
    const words = wordsFor(error)
    if (words === null) throw error
    const [kind, what, todo] = words
    throw new StoreTrouble(kind, `The event store ${where} ${what}. ${todo}`, error)
  }
}

function wordsFor(error: unknown): Words | null {
  const code = codeOf(error)
  for (const length of [5, 3, 2]) {
    const words = BY_STATE[code.slice(0, length)]
    if (code.length === 5 && words !== undefined && !code.startsWith('E')) return words
  }
  const message = error instanceof Error ? error.message : ''
  return NETWORK_CODES.has(code) || DRIVER_WORDS.test(message) ? DOWN : null
}
