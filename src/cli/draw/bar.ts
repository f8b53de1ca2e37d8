/** Eighths of a block, so that a bar of 20 characters shows 160 steps. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of `width` characters, filled to a part between 0 and 1. Never empty where there is something. */
export function bar(part: number, width: number): string {
  const filled = Math.max(0, Math.min(1, Number.isNaN(part) ? 0 : part)) * width
  const eighths = filled > 0 ? Math.max(1, Math.round(filled * 8)) : 0
  const whole = '█'.repeat(Math.floor(eighths / 8))
  return (whole + (EIGHTHS[eighths % 8] ?? '')).padEnd(width, '░')
}
