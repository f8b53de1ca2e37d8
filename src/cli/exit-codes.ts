import type { ExitCode } from '../contract/rollout-view.ts'

/** How the program ends, for scripts and pipelines. The only list; docs/cli.md is checked against it. */
export const EXIT = {
  /** Done and healthy; or simply done. */
  done: 0,
  /** A wrong command, flag or argument, or a file that is not a strategy. */
  usage: 2,
  /** The server refused, or a check found something. */
  refused: 3,
  /** The rollout failed, and users are well again. */
  mitigated: 10,
  /** The rollout failed, and nothing has helped. */
  notMitigated: 11,
  /** A person has to decide. */
  waiting: 12,
  /** The server cannot be reached, or cannot answer. */
  unreachable: 20,
} as const

export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** A rollout's own exit code is one of ours; while it goes on there is nothing wrong. */
export function exitOf(code: ExitCode | null): Exit {
  return code ?? EXIT.done
}
