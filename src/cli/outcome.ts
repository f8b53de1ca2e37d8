import type { Problem } from '../contract/problem.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { EXIT, type Exit } from './exit-codes.ts'

/** What a command came to: a document for programs, and lines for people. */
export interface Done {
  readonly exit: Exit
  readonly document: unknown
  readonly lines: readonly string[]
}

/** Why a command could not do it, in a sentence that says what to do. */
export interface Failure {
  readonly exit: Exit
  readonly says: string
  /** The server's own document, where there is one. */
  readonly problem?: Problem
}

export type Outcome = Result<Done, Failure>

export function done(document: unknown, lines: readonly string[], exit: Exit = EXIT.done): Outcome {
  return yes({ exit, document, lines })
}

export function failed(
  exit: Exit,
  says: string,
): { readonly ok: false; readonly problem: Failure } {
  return no({ exit, says })
}
