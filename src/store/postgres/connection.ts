import { type ClientConfig, Pool, type QueryResultRow, TypeOverrides } from 'pg'
import { StoreTrouble } from '../store-trouble.ts'

/** Connections of one process: appends are short, so ten serve thousands per second. */
const POOL_SIZE = 10

/** How long a connection may take to be made before the server counts as down. */
const CONNECT_TIMEOUT_MS = 5_000

/** The server's own deadline for one statement: a page of events takes milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000

/** How long a row that another replica holds is waited for. */
const LOCK_TIMEOUT_MS = 5_000

/** Our deadline for an answer, above the server's own, for a network that swallows packets. */
const ANSWER_TIMEOUT_MS = 15_000

/** A transaction that stands still holds back every reader of the log, so the server ends it. */
const IDLE_IN_TRANSACTION_MS = 10_000

/** The type of a 64-bit integer, as PostgreSQL numbers it in pg_type. */
const INT8 = 20

// Instants and counts are whole numbers far below 2^53; pg would hand them over as text.
const wholeNumbers = new TypeOverrides()
wholeNumbers.setTypeParser(INT8, Number)

/** A reader of rows: the pool, or the one client of a transaction. */
export interface Queryable {
  // The caller alone can name the row: it stands beside the SQL.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  readonly query: <Row extends QueryResultRow>(
    sql: string,
    values?: unknown[],
  ) => Promise<{ readonly rows: Row[]; readonly rowCount: number | null }>
}

/** What every connection is made with. */
export function connectionConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'goaround',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: wholeNumbers,
  }
}

/** A pool that survives the loss of its connections: the next call makes new ones. */
export function makePool(url: string): Pool {
  const pool = new Pool({ ...connectionConfig(url), max: POOL_SIZE })
  // Whoever uses a lost connection is told by its query; without listeners the process would end.
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

/** Where a database is, without name and password. An unreadable URL is refused without quoting it. */
export function describeUrl(url: string): string {
  if (!URL.canParse(url)) {
    throw new StoreTrouble(
      'unusable',
      'The URL of the event store cannot be read. Write it as postgres://user:password@host:5432/database, with special characters of the password percent-encoded.',
    )
  }
  const { hostname, port, pathname, searchParams } = new URL(url)
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : hostname)
  return `at ${host}:${searchParams.get('port') ?? (port === '' ? '5432' : port)}${pathname}`
}

function ignore(): void {}
