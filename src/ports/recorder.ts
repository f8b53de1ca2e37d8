import type { JournalEntry, JournalHead } from '../core/backtest/journal.ts'

/**
 * Keeps what detection was told about each rollout, so that it can be replayed. Whoever notes
 * something never waits and never hears of trouble: a full disk must not delay a halt.
 */
export interface Recorder {
  readonly note: (head: JournalHead, entry: JournalEntry) => void
  /** Writes what is still in memory. */
  readonly close: () => Promise<void>
}
