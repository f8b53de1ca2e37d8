import type { Answer, Ask } from './driver.ts'

export interface Message {
  /** The same for every attempt to deliver this message; receivers use it to drop repeats. */
  readonly id: string
  readonly audience: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
  /** ISO 8601, UTC. */
  readonly sentAt: string
}

export interface Receipt {
  /** What the other side said, in a sentence: `250 OK queued as …`. */
  readonly evidence: string
}

/** Delivers messages to one place. A receipt means that the other side has accepted it. */
export interface Channel {
  readonly deliver: (message: Message, ask: Ask) => Answer<Receipt>
  readonly close: () => Promise<void>
}
