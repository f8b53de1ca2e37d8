import type { Writable } from 'node:stream'
import { failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Channel } from '../../ports/channel.ts'

/** Ids that are remembered to drop repeats; a terminal keeps nothing longer than people look. */
const REMEMBERED_MAX = 1_000

/** Prints messages where goaround runs. A repeat within the same process is not printed again. */
export function openTerminal(stream: Writable): Channel {
  const printed = new Set<string>()
  return {
    async deliver({ id, audience, subject, text }) {
      if (printed.has(id)) return yes({ evidence: 'printed before' })
      if (!stream.writable) return no(failure('unreachable', 'safe', 'the terminal is closed'))
      if (printed.size >= REMEMBERED_MAX) printed.clear()
      printed.add(id)
      const body = text.split('\n').map((line) => `  ${printable(line)}`.trimEnd())
      stream.write(`\n[to ${audience}] ${printable(subject)}\n${body.join('\n')}\n`)
      return yes({ evidence: 'printed on the terminal' })
    },
    close: async () => undefined,
  }
}

/** A message may quote what users and releases said; none of that may drive the terminal. */
function printable(line: string): string {
  // oxlint-disable-next-line no-control-regex
  return line.replaceAll(/[\u0000-\u0008\u000A-\u001F\u007F-\u009F]/g, '\uFFFD')
}
