import { createSocket, type Socket } from 'node:dgram'
import { z } from 'zod'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { codeOf } from '../support/durable-file.ts'
import { openRequestCounts, type RequestCounts, routeOf } from '../support/request-counts.ts'

/** Bursts wait in the kernel while we are busy; at 300 bytes a line this holds 10,000 requests. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

/** A reload leaves one old worker; more are only kept while reloads come faster than looks. */
const WORKERS_MAX = 4

/** The log line that the README asks for; see HAProxy's configuration guide, section 8.2.4. */
const Line = z.object({
  goaround: z.literal(1),
  pid: z.int(),
  be: z.string(),
  srv: z.string(),
  /** Status; -1 without one. */
  st: z.int(),
  /** Waited in the queue, for the connection, for the head of the answer, in ms; -1 when it never came. */
  tw: z.int(),
  tc: z.int(),
  tr: z.int(),
  /** Termination state; `--` is a good end. */
  ts: z.string(),
  path: z.string(),
})

/** Latencies and routes of the requests of one backend, as HAProxy's log tells them. */
export interface LogListener {
  /** Counters of one worker's requests by stack; those of other workers are forgotten. */
  readonly of: (pid: number) => ReadonlyMap<string, RequestCounts>
  readonly close: () => Promise<void>
}

/** Listens on a UDP address, `host:port`, for lines about one backend's servers. */
export function openLogListener(
  address: string,
  backend: string,
  servers: Readonly<Record<string, readonly string[]>>,
): Promise<Result<LogListener, DriverFailure>> {
  const [host = '', port = '0'] = address.split(/:(?=\d+$)/)
  const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })
  const stackOf = new Map(
    Object.entries(servers).flatMap(([stack, names]) =>
      names.map((name) => [name, stack] as const),
    ),
  )
  const workers = new Map<number, Map<string, RequestCounts>>()
  socket.on('message', (bytes) => take(bytes.toString('utf8')))

  return new Promise((resolve) => {
    socket.once('error', (error) => {
      socket.close()
      resolve(no(cannotListen(address, error)))
    })
    socket.bind(Number(port), host, () => {
      socket.removeAllListeners('error')
      socket.on('error', () => undefined)
      // Counters are no reason to keep a process alive.
      socket.unref()
      resolve(
        yes({
          of(pid) {
            for (const other of workers.keys()) if (other !== pid) workers.delete(other)
            return workers.get(pid) ?? new Map()
          },
          close: () => closed(socket),
        }),
      )
    })
  })

  function take(text: string): void {
    const line = Line.safeParse(parse(text))
    if (!line.success || line.data.be !== backend) return
    const { pid, srv, st, tw, tc, tr, ts, path } = line.data
    const stack = stackOf.get(srv)
    if (stack === undefined) return
    const counts = countsOf(pid, stack)
    counts.ended({
      route: routeOf(path),
      status: st < 0 ? null : st,
      tookMs: tr < 0 ? null : Math.max(tw, 0) + Math.max(tc, 0) + tr,
      isError: st >= 500 || ts.startsWith('S') || ts.startsWith('s'),
    })
  }

  function countsOf(pid: number, stack: string): RequestCounts {
    const stacks = workers.get(pid) ?? new Map<string, RequestCounts>()
    workers.set(pid, stacks)
    const [oldest] = workers.keys()
    if (workers.size > WORKERS_MAX && oldest !== undefined) workers.delete(oldest)
    const counts = stacks.get(stack) ?? openRequestCounts()
    stacks.set(stack, counts)
    return counts
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()))
}

function cannotListen(address: string, error: Error): DriverFailure {
  const code = codeOf(error)
  if (code === 'EADDRINUSE') {
    return failure(
      'misconfigured',
      'safe',
      `another program receives HAProxy's log lines on ${address}: only one goaround can; give each its own \`log\` line and traffic.log`,
    )
  }
  const what = `HAProxy's log lines cannot be received on ${address} (${code ?? error.message}); correct traffic.log`
  return failure('misconfigured', 'never', what)
}
