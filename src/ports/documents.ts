import type { Answer, Ask } from './driver.ts'

/** Keeps texts that people read later: postmortem drafts. */
export interface Documents {
  /** Writes a text under a name and answers where it is. The same name is replaced. */
  readonly write: (name: string, text: string, ask: Ask) => Answer<{ readonly path: string }>
}
