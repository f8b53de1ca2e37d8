import type { Io } from './io.ts'

/** What `goaround up` was asked for. */
export interface UpOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** Where the embedded store, logs of processes, kept configuration and postmortems live. */
  readonly stateDir: string
  /** `sqlite:PATH` or `postgres://…`; null: SQLite in the state directory. */
  readonly storeUrl: string | null
  /** With `--no-auth`: whoever reaches the server may do everything. */
  readonly openToAll: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

/** What the demo can show. */
export const SCENARIO_NAMES = [
  'bad-canary',
  'slow-canary',
  'crashing-canary',
  'good',
  'blue-green',
  'flagged',
] as const
export type ScenarioName = (typeof SCENARIO_NAMES)[number]

/** What `goaround demo` was asked for. */
export interface DemoOptions {
  readonly scenario: ScenarioName
  /** Approves what a person would. */
  readonly yes: boolean
  /** One JSON document on standard output at the end. */
  readonly json: boolean
  /** Lines instead of a picture, even in a terminal. */
  readonly plain: boolean
}

/** Which log `goaround export` and `import` move, and from or into which file. */
export interface MoveLogOptions {
  readonly file: string
  readonly stateDir: string
  /** As in `UpOptions`. */
  readonly storeUrl: string | null
}

/** What `goaround down` was asked for. */
export interface DownOptions {
  readonly workload: string
  readonly stateDir: string
  /** As in `UpOptions`. */
  readonly storeUrl: string | null
  /** Does not ask. */
  readonly yes: boolean
  /** Also while a rollout is under way. */
  readonly force: boolean
}

/** What only the composition root can do. Each answers how the program ends. */
export interface Actions {
  readonly up: (options: UpOptions, io: Io) => Promise<number>
  readonly demo: (options: DemoOptions, io: Io) => Promise<number>
  readonly down: (options: DownOptions, io: Io) => Promise<number>
  readonly exportLog: (options: MoveLogOptions, io: Io) => Promise<number>
  readonly importLog: (options: MoveLogOptions, io: Io) => Promise<number>
}
