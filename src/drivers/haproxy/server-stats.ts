import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { askHaproxy } from './runtime-socket.ts'

/** What HAProxy says of one server of the backend, see section 9.1 of its management guide. */
export interface ServerStats {
  readonly name: string
  /** `UP`, `DOWN`, `MAINT`, `DRAIN`, `no check`, and so on. */
  readonly status: string
  readonly lastCheck: string
  /** As configured or set since, whether or not the server is up. */
  readonly weight: number
  readonly isBackup: boolean
  readonly inFlight: number
  /** Tries to have a request answered by it; one that is repeated elsewhere counts there too. */
  readonly requests: number
  /** Tries that ended with a 5xx, without an answer, or with one that broke off. */
  readonly errors: number
}

export interface BackendStats {
  /** Differs after every start and reload. */
  readonly epoch: string
  /** The worker that answers; log lines carry it. */
  readonly pid: number
  readonly servers: readonly ServerStats[]
}

/** 4 asks for servers only, -1 for all of them. */
const SERVERS = '4 -1'

/** Reads the backend's servers and who the worker is, in one question. */
export async function readBackend(
  socketPath: string,
  backend: string,
  signal: AbortSignal,
): Promise<Result<BackendStats, DriverFailure>> {
  const commands = ['show info', `show stat ${backend} ${SERVERS}`]
  const answer = await askHaproxy(socketPath, commands, 'safe', signal)
  if (!answer.ok) return answer
  const pid = Number(/^Pid: (\d+)$/m.exec(answer.value)?.[1] ?? 0)
  const startedAt = /^Start_time_sec: (\d+)$/m.exec(answer.value)?.[1]
  const rows = /^No such proxy/m.test(answer.value) ? [] : parseStat(answer.value)
  if (pid === 0 || startedAt === undefined || rows === null) {
    const what = `HAProxy answered on ${socketPath} in a way that cannot be read; version 2.4 or newer is needed`
    return no(failure('unclear', 'never', what))
  }
  if (rows.length === 0) {
    const what = `HAProxy has no backend '${backend}', or it has no servers; correct traffic.backend or haproxy.cfg`
    return no(failure('not-found', 'never', what))
  }
  return yes({ epoch: `haproxy-${startedAt}-${pid}`, pid, servers: rows.map(toServer) })
}

type Row = Readonly<Record<string, string>>

/**
 * HAProxy's own error counters overlap: a reset connection is a retry, a redispatch and a response
 * error at once. `stot` counts every try and `req_tot` those with an answer; what is neither
 * answered nor under way has failed. `srv_abrt` are answers that the server broke off.
 */
function toServer(row: Row): ServerStats {
  const number = (field: string) => Number(row[field] ?? 0)
  const [requests, underWay] = [number('stot'), number('scur')]
  const unanswered = Math.max(0, requests - number('req_tot') - underWay)
  return {
    name: row['svname'] ?? '',
    status: row['status'] ?? '',
    lastCheck: row['last_chk'] ?? '',
    weight: number('uweight'),
    isBackup: number('bck') > 0,
    inFlight: underWay + number('qcur'),
    requests,
    errors: Math.min(requests, number('hrsp_5xx') + number('srv_abrt') + unanswered),
  }
}

/** The rows of `show stat` by the names in its head; null when there is no head. */
function parseStat(text: string): readonly Row[] | null {
  const [, body] = text.split(/^# (?=pxname,)/m)
  if (body === undefined) return null
  const [head = '', ...lines] = body.split('\n')
  const names = cells(head)
  return lines
    .filter((line) => line.includes(','))
    .map((line) => {
      const values = cells(line)
      return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']))
    })
}

/** Comma-separated, with quotes doubled inside quoted cells: descriptions may hold anything. */
function cells(line: string): readonly string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = '']) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  )
}
