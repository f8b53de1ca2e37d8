import { z } from 'zod'
import { MINUTE, SECOND } from '../kernel/instant.ts'
import { Duration, Name, SecretRef } from './quantities.ts'

const Argv = z.array(z.string().max(4000)).min(1).max(100)
const Environment = z.record(z.string().max(200), z.string().max(4000)).default({})

/** The longest a single command or start may take; a longer one belongs in a pipeline. */
const timeout = (usual: number) => Duration.default(usual)

/**
 * Local processes: goaround starts, watches, scales and stops them.
 * `{port}`, `{release}`, `{stack}`, `{replica}` and `{workload}` are filled into the arguments.
 */
const Processes = z.strictObject({
  driver: z.literal('processes'),
  command: Argv,
  cwd: z.string().max(1000).optional(),
  env: Environment,
  /** First port of each stack; replica n listens on the first port + n. Absent: free ports are taken. */
  ports: z.record(z.string(), z.int().min(1).max(65_535)).optional(),
  health: z
    .strictObject({ path: z.string().startsWith('/').default('/'), within: timeout(20 * SECOND) })
    .prefault({}),
  /** How long a stopped instance may take to finish its requests before it is killed. */
  stopWithin: timeout(10 * SECOND),
})

/**
 * Any commands, as argument lists and never through a shell unless `shell: true`.
 * `state` prints JSON `{"release": string|null, "replicas": int, "ready": int, "endpoints"?: [url]}` on stdout.
 */
const Exec = z.strictObject({
  driver: z.literal('exec'),
  deploy: Argv,
  scale: Argv.optional(),
  state: Argv,
  undo: Argv.optional(),
  cwd: z.string().max(1000).optional(),
  env: Environment,
  timeout: timeout(2 * MINUTE),
  shell: z.boolean().default(false),
})

/** Where a component's releases run. */
export const Platform = z.discriminatedUnion('driver', [Processes, Exec])
export type Platform = z.output<typeof Platform>

const Builtin = z.strictObject({
  driver: z.literal('builtin'),
  /** `host:port` that users reach. */
  listen: z.string().regex(/^[^:\s]+:\d+$/, 'expected "host:port"'),
  /** Which component receives the traffic; the first when absent. */
  component: Name.optional(),
  /** Request header that identifies a user for a sticky share; absent: each request is drawn by itself. */
  subjectHeader: z.string().max(100).optional(),
})

const Haproxy = z.strictObject({
  driver: z.literal('haproxy'),
  /** Path of the runtime socket (`stats socket … level admin`). */
  socket: z.string().min(1).max(1000),
  backend: z.string().min(1).max(200),
  /** The backend's servers of each stack. */
  servers: z.record(z.string(), z.array(z.string().min(1).max(200)).min(1).max(100)),
  /** UDP `host:port` on which goaround receives HAProxy's JSON log lines, for latency and routes. */
  log: z
    .string()
    .regex(/^[^:\s]+:\d+$/, 'expected "host:port"')
    .optional(),
})

/** What splits the traffic between the two stacks. */
export const Traffic = z.discriminatedUnion('driver', [Builtin, Haproxy])
export type Traffic = z.output<typeof Traffic>

/** A place where metrics are read; the router itself is always one, named `router`. */
export const TelemetrySource = z.discriminatedUnion('driver', [
  z.strictObject({
    name: Name,
    driver: z.literal('prometheus'),
    url: z.url({ protocol: /^https?$/ }),
    bearer: SecretRef.optional(),
    timeout: timeout(5 * SECOND),
  }),
])
export type TelemetrySource = z.output<typeof TelemetrySource>

/** A test against one group's candidate itself, never against the router. */
export const Smoke = z.strictObject({
  name: Name,
  http: z
    .strictObject({
      method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
      path: z.string().startsWith('/').max(2000),
      headers: z.record(z.string(), z.string().max(2000)).default({}),
      body: z.string().max(10_000).optional(),
      status: z.int().min(100).max(599).default(200),
      bodyContains: z.string().max(2000).optional(),
      /** Values that the JSON answer must hold, by dotted path: `status.ready: true`. */
      json: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
        .default({}),
      /** The answer must be complete within this time. */
      within: timeout(5 * SECOND),
    })
    .optional(),
  /** Passes when it exits with 0. `{endpoint}`, `{release}`, `{stack}`, `{group}` are filled in. */
  command: Argv.optional(),
  timeout: timeout(30 * SECOND),
  /** An instance may need a moment; this many tries, then it has failed. */
  attempts: z.int().min(1).max(10).default(3),
})
export type Smoke = z.output<typeof Smoke>
