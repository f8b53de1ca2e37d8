import { z } from 'zod'
import { AzureMonitor } from './azure-monitor.ts'
import { HostPort, Name, SecretRef, Wait } from './quantities.ts'

const Argv = z.array(z.string().max(4000)).min(1).max(100).meta({ title: 'list of arguments' })

const Environment = z
  .record(z.string().max(200), z.string().max(4000))
  .default({})
  .describe(
    'Environment variables to add, with the same words filled in; not for secrets, because strategies are read by many.',
  )

const Cwd = z.string().max(1000).optional().describe('Working directory of the commands.')

const Processes = z
  .strictObject({
    driver: z.literal('processes'),
    command: Argv.describe(
      'Starts one instance. `{port}`, `{release}`, `{stack}`, `{replica}`, `{component}` and `{workload}` are filled into the arguments; `PORT` and `GOAROUND_RELEASE` stand in the environment too.',
    ),
    cwd: Cwd,
    env: Environment,
    ports: z
      .record(z.string(), z.int().min(1).max(65_535))
      .optional()
      .describe(
        'First port of each stack; replica n listens on the first port + n. Absent: free ports are taken.',
      ),
    health: z
      .strictObject({
        path: z
          .string()
          .startsWith('/')
          .default('/')
          .describe('An instance is ready once this path answers with a status below 400.'),
        within: Wait.prefault('20s').describe('How long a start may take.'),
      })
      .prefault({})
      .describe('How it is seen that an instance is ready.'),
    stopWithin: Wait.prefault('10s').describe(
      'How long a stopped instance may take to finish its requests before it is killed.',
    ),
  })
  .describe('Local processes, which goaround starts, watches, scales and stops.')

const Exec = z
  .strictObject({
    driver: z.literal('exec'),
    deploy: Argv.describe(
      'Puts a release on a stack. `{release}`, `{stack}`, `{replicas}`, `{component}` and `{workload}` are filled into the arguments, here and in `scale` and `undo`.',
    ),
    scale: Argv.optional().describe(
      'Changes the number of instances; absent: `deploy` is run for it.',
    ),
    state: Argv.describe(
      'Prints JSON `{"release": string|null, "replicas": int, "ready": int, "endpoints"?: [url], "crashed"?: string, "incarnation"?: string}` on stdout; `{stack}`, `{component}` and `{workload}` are filled in. What it prints is believed, so it must look and not remember. `crashed` says how the last release that was put there died, and ends the wait for it; `incarnation` differs whenever an instance was started anew.',
    ),
    undo: Argv.optional().describe(
      'Takes a release off a stack; absent: `scale` is run with 0 replicas. One of the two is needed.',
    ),
    cwd: Cwd,
    env: Environment,
    timeout: Wait.prefault('2m').describe(
      'How long one command may take; a longer one belongs in a pipeline.',
    ),
    shell: z
      .boolean()
      .default(false)
      .describe('Run the commands through a shell. Without it no argument can be misread as code.'),
  })
  .describe('Any commands, as argument lists.')

/** Where a component's releases run. */
export const Platform = z.discriminatedUnion('driver', [Processes, Exec])
export type Platform = z.output<typeof Platform>

const TrafficComponent = Name.optional().describe(
  'Which component receives the traffic; the first when absent.',
)

const Builtin = z
  .strictObject({
    driver: z.literal('builtin'),
    listen: HostPort.describe('Where users reach the workload.'),
    component: TrafficComponent,
    subjectHeader: z
      .string()
      .max(100)
      .optional()
      .describe(
        'Request header that identifies a user for a sticky share; absent: each request is drawn by itself.',
      ),
  })
  .describe('The router inside goaround: nothing to install, one process.')

const Haproxy = z
  .strictObject({
    driver: z.literal('haproxy'),
    socket: z
      .string()
      .min(1)
      .max(1000)
      .describe('Path of the runtime socket (`stats socket … level admin`).'),
    backend: z.string().min(1).max(200).describe('The backend that holds the servers.'),
    servers: z
      .record(z.string(), z.array(z.string().min(1).max(200)).min(1).max(100))
      .describe("The backend's servers of each stack."),
    log: HostPort.optional().describe(
      "UDP address on which goaround receives HAProxy's JSON log lines, for latency and routes.",
    ),
  })
  .describe('HAProxy, through its runtime socket. Its smallest step is about 0.4 % of the traffic.')

/** What splits the traffic between the two stacks. */
export const Traffic = z.discriminatedUnion('driver', [Builtin, Haproxy])
export type Traffic = z.output<typeof Traffic>

const Prometheus = z
  .strictObject({
    name: Name.describe('What metrics call this source; `router` is taken.'),
    driver: z.literal('prometheus'),
    url: z
      .url({ protocol: /^https?$/ })
      .meta({ title: 'URL' })
      .describe('Base URL, without `/api`.'),
    bearer: SecretRef.optional().describe('Where the bearer token is found.'),
    timeout: Wait.prefault('5s').describe('How long one query may take.'),
  })
  .describe('A Prometheus server, or anything that answers its query API.')

const Otlp = z
  .strictObject({
    name: Name.describe('What metrics call this source; `router` is taken.'),
    driver: z.literal('otlp'),
    listen: HostPort.describe(
      'Where exporters post to, at the path `/v1/metrics`, in JSON or protobuf. Sources that name the same address share it.',
    ),
    bearer: SecretRef.optional().describe(
      'Where the token is found that exporters must bear. Needed unless only this machine can reach the address.',
    ),
    select: z
      .record(z.string().min(1).max(200), z.string().max(500))
      .default({ 'service.name': '$workload', 'service.version': '$release' })
      .describe(
        "What tells the arms' series apart: attributes of the resource or of the data point, and the text that each must have. `$stack`, `$release`, `$workload`, `$rollout` and `$group` are filled in.",
      ),
  })
  .describe(
    'OpenTelemetry exporters that push their metrics here (OTLP/HTTP). Deltas or cumulative, every second if it is to be fast.',
  )

/** A place where metrics are read; the router itself is always one, named `router`. */
export const TelemetrySource = z.discriminatedUnion('driver', [Prometheus, Otlp, AzureMonitor])
export type TelemetrySource = z.output<typeof TelemetrySource>

const HttpSmoke = z.strictObject({
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
    .default('GET')
    .describe('HTTP method.'),
  path: z.string().startsWith('/').max(2000).describe('Path and query, asked of the instance.'),
  headers: z.record(z.string(), z.string().max(2000)).default({}).describe('Request headers.'),
  body: z.string().max(10_000).optional().describe('Request body.'),
  status: z.int().min(100).max(599).default(200).describe('The status that the answer must have.'),
  bodyContains: z.string().max(2000).optional().describe('Text that the answer must hold.'),
  json: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .default({})
    .describe('Values that the JSON answer must hold, by dotted path: `status.ready: true`.'),
  within: Wait.prefault('5s').describe('The answer must be complete within this time.'),
})

const JunitSmoke = z.strictObject({
  command: Argv.describe(
    'Runs the tests. The same words as in `command` are filled in, and `{results}`: a new folder for this run, whose files are kept as evidence.',
  ),
  results: z
    .string()
    .min(1)
    .max(1000)
    .default('{results}/**/*.xml')
    .describe('Where the runner writes its JUnit XML, as a path or a glob.'),
})

/** How an instance proves which release it runs: by one value of one answer. */
export const VersionProof = z.strictObject({
  path: z.string().startsWith('/').max(2000).describe('Path asked of every instance by GET.'),
  json: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Dotted path of the value in the JSON answer, such as `build.version`.'),
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,100}$/, 'expected the name of a header')
    .optional()
    .describe('The answer header that holds it. Neither this nor `json`: the whole body does.'),
  equals: z
    .string()
    .max(300)
    .default('{release}')
    .describe('What it must be, with `{release}` filled in, such as `v{release}`.'),
  within: Wait.prefault('5s').describe('The answer must be complete within this time.'),
})
export type VersionProof = z.output<typeof VersionProof>

/** When a test runs: before users reach its group, once they do and after its bake, or all of it. */
export const SMOKE_WHEN = ['before', 'after', 'both'] as const

/** A test against one group's candidate itself, never against the router. */
export const Smoke = z.strictObject({
  name: Name.describe('How reports call it.'),
  http: HttpSmoke.optional().describe(
    'Asks one instance of the candidate. Either this, `command` or `junit`.',
  ),
  command: Argv.optional().describe(
    'Passes when it exits with 0. `{endpoint}`, `{release}`, `{stack}`, `{group}` are filled in, and `{results}`: a new folder, whose files are kept as evidence.',
  ),
  junit: JunitSmoke.optional().describe(
    'Passes when the runner reports tests in JUnit XML and none of them failed. No results, old ones, or none that ran are an error and never a pass.',
  ),
  when: z
    .enum(SMOKE_WHEN)
    .default('before')
    .describe(
      '`before` users reach the group; `after`: once its share was seen, and again at the end of its bake; or `both`.',
    ),
  version: VersionProof.optional().describe(
    "How the instance proves that it runs the release under test; absent: as the component says, or else by the platform's own sighting.",
  ),
  timeout: Wait.prefault('30s').describe('How long one try may take.'),
  attempts: z
    .int()
    .min(1)
    .max(10)
    .default(3)
    .describe('An instance may need a moment; this many tries, then it has failed.'),
})
export type Smoke = z.output<typeof Smoke>
