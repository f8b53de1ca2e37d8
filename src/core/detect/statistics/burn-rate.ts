/** Requests and failures within each window, ending now. */
export interface BurnWindows {
  readonly minutes5: Window
  readonly minutes30: Window
  readonly hours1: Window
  readonly hours6: Window
  readonly days3: Window
}

interface Window {
  readonly requests: number
  readonly errors: number
}

/** 2 % of a 30-day budget within an hour, 5 % within six, 10 % within three days. */
const FAST = 14.4
const SLOW = 6
const CREEPING = 1

/**
 * How fast the error budget of a 30-day objective burns, by the multi-window rule of the SRE
 * workbook (chapter 5): both a long and a short window must burn, so that it starts late and
 * ends early. The pager of last resort where nothing better is known, and the baseline to beat.
 */
export function burnRate(windows: BurnWindows, budget: number): 'page' | 'ticket' | 'quiet' {
  const burn = ({ requests, errors }: Window) => (requests > 0 ? errors / requests / budget : 0)
  const both = (long: Window, short: Window, limit: number) =>
    burn(long) > limit && burn(short) > limit
  if (both(windows.hours1, windows.minutes5, FAST)) return 'page'
  if (both(windows.hours6, windows.minutes30, SLOW)) return 'page'
  return both(windows.days3, windows.hours6, CREEPING) ? 'ticket' : 'quiet'
}
