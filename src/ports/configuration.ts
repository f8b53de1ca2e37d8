import type { Answer, Ask } from './driver.ts'

export interface ConfigurationSighting {
  /** SHA-256 of the content, hex; null when there is no such file. */
  readonly digest: string | null
  readonly evidence: string
}

/** Files that belong to the last known good state: they can be looked at, kept and put back. */
export interface Configuration {
  readonly observe: (path: string, signal: AbortSignal) => Answer<ConfigurationSighting>
  /** Keeps the present content under its digest, so that it can be restored later. */
  readonly keep: (path: string, ask: Ask) => Answer<ConfigurationSighting>
  /** Puts the content with that digest back; a null digest removes the file. */
  readonly restore: (path: string, digest: string | null, ask: Ask) => Answer<null>
}
