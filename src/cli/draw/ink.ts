import pc from 'picocolors'

/** Colours, or the same functions without any. */
export type Ink = ReturnType<typeof pc.createColors>

export function ink(enabled: boolean): Ink {
  return pc.createColors(enabled)
}

/** Whether a terminal gets colours: https://no-color.org, and not where nobody looks. */
export function wantsColour(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false
  return isTerminal || (env['FORCE_COLOR'] ?? '') !== ''
}
