import { LATENCY_EDGES_MS, type StackCounts } from '../../ports/router.ts'

/** As the port promises: more routes than this are counted together. */
const ROUTES_MAX = 50

/** Where the routes beyond the fiftieth are counted. */
const OTHER = 'other'

/** Two segments tell `/api/orders` from `/api/users`; a third is nearly always an identifier. */
const SEGMENTS = 2

/** Names that people give to routes are shorter; what is longer is a token or an identifier. */
const SEGMENT_MAX = 32

/** A shorter segment with digits (`v2`, `oauth2`, `sha256`) may be a name. */
const IDENTIFIER_MIN = 12

/** How one request ended. */
export interface Ended {
  readonly route: string
  /** Null when there was no answer. */
  readonly status: number | null
  /** From being passed on until the head of the answer, in milliseconds; null when not measured. */
  readonly tookMs: number | null
  readonly isError: boolean
}

/** The counters of one stack, since they were opened. */
export interface RequestCounts {
  readonly ended: (request: Ended) => void
  /** A request that was counted as good broke off before its answer was complete. */
  readonly brokeOff: (route: string) => void
  readonly read: () => StackCounts
}

/** Opens counters at zero. */
export function openRequestCounts(): RequestCounts {
  let requests = 0
  let errors = 0
  const latency = LATENCY_EDGES_MS.map(() => 0).concat(0)
  const routes = new Map<string, { requests: number; errors: number }>()

  return {
    ended({ route, status, tookMs, isError }) {
      const counted = routeFor(route, status)
      requests += 1
      counted.requests += 1
      if (isError) {
        errors += 1
        counted.errors += 1
      }
      if (tookMs === null) return
      const bucket = latencyBucket(tookMs)
      latency[bucket] = (latency[bucket] ?? 0) + 1
    },
    brokeOff(route) {
      errors += 1
      const counted = routes.get(route) ?? routes.get(OTHER)
      if (counted !== undefined) counted.errors += 1
    },
    read: () => ({
      requests,
      errors,
      latency: [...latency],
      routes: Object.fromEntries([...routes].map(([route, counts]) => [route, { ...counts }])),
    }),
  }

  /** A route gets a name of its own with an answer other than 404: scanners must not use up the fifty. */
  function routeFor(route: string, status: number | null) {
    const known = routes.get(route)
    if (known !== undefined) return known
    const name = routes.size < ROUTES_MAX - 1 && status !== 404 ? route : OTHER
    const counted = routes.get(name) ?? { requests: 0, errors: 0 }
    routes.set(name, counted)
    return counted
  }
}

/**
 * The route of a request: the first two segments of its path, without query. Segments that look
 * like identifiers become `:id`, because they may be personal or secret and are no routes.
 */
export function routeOf(target: string): string {
  const path = target.replace(/^[a-z]+:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? ''
  const segments = path.split('/').filter((segment) => segment !== '')
  return `/${segments.slice(0, SEGMENTS).map(withoutIdentifier).join('/')}`
}

/** The place in `latency` for a time: edges are 2^(i/4) ms and belong to the bucket below them. */
export function latencyBucket(tookMs: number): number {
  // Logarithms of exact edges may come out a hair too high; a hair of latency is nothing.
  const above = Math.ceil(4 * Math.log2(Math.max(tookMs, 1)) - 1e-9)
  return Math.min(Math.max(above, 0), LATENCY_EDGES_MS.length)
}

function withoutIdentifier(segment: string): string {
  const isIdentifier =
    segment.length > SEGMENT_MAX ||
    /^\d+$/.test(segment) ||
    /[%@]/.test(segment) ||
    (segment.length >= IDENTIFIER_MIN && /\d/.test(segment))
  return isIdentifier ? ':id' : segment
}
