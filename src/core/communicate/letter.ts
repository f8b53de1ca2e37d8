import type { Instant } from '../kernel/instant.ts'
import { sayWhen } from './say-time.ts'

/** Longer subjects are cut off by mail readers and telephones anyway. */
const SUBJECT_MAX = 120
/** One line of facts: more belongs in the record, which the message names. */
const LINE_MAX = 1_200
const LABEL_WIDTH = 13

/** What is sent: plain text, whatever the channel. */
export interface Letter {
  readonly subject: string
  readonly text: string
}

/** The parts that every message has, whoever reads it. */
export interface Parts {
  readonly subject: string
  /** What happened, in a sentence. */
  readonly lead: string
  readonly status: string
  readonly impact: string
  readonly action: string
  /** When the reader hears again, in words. */
  readonly next: string
  /** Further facts as label and text; only inner readers get any. */
  readonly more?: readonly (readonly [label: string, text: string])[]
}

/** Lays a message out so that a tired person finds the same thing in the same place every time. */
export function layOut(parts: Parts): Letter {
  const facts: readonly (readonly [string, string])[] = [
    ['Status', parts.status],
    ['Impact', parts.impact],
    ['Action', parts.action],
    ['Next update', parts.next],
  ]
  const blocks = [[parts.lead], facts.map(line), (parts.more ?? []).map(line)]
  const text = blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
  return { subject: cut(oneLine(parts.subject), SUBJECT_MAX), text: `${text}\n` }
}

/** `14:20 UTC (in 15 minutes), or earlier when something changes.` Null promises no time. */
export function sayNext(nextUpdateAt: Instant | null, now: Instant, isOver: boolean): string {
  if (nextUpdateAt !== null)
    return `${sayWhen(nextUpdateAt, now)}, or earlier when something changes.`
  return isOver ? 'none. This was the last message about it.' : 'when something changes.'
}

function line([label, text]: readonly [string, string]): string {
  return `${`${label}:`.padEnd(LABEL_WIDTH)}${cut(oneLine(text), LINE_MAX)}`
}

/** Text from outside may hold line breaks; in a subject they would begin another mail header. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`
}
