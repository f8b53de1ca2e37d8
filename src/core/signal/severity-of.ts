import type { Severity } from '../strategy/alerts.ts'

/**
 * What other systems call their severities. Azure: Sev0 to Sev4; Prometheus rules: whatever their
 * authors write, mostly `page` or `critical`, `warning` or `ticket`, and `none` for a watchdog.
 */
const WORDS: Readonly<Record<Severity, readonly string[]>> = {
  critical: ['critical', 'crit', 'page', 'fatal', 'emergency', 'disaster', 'sev0', 'p1', 'p0'],
  error: ['error', 'err', 'high', 'major', 'sev1', 'p2'],
  warning: ['warning', 'warn', 'ticket', 'medium', 'minor', 'sev2', 'p3'],
  info: [
    'info',
    'informational',
    'low',
    'none',
    'notice',
    'debug',
    'verbose',
    'sev3',
    'sev4',
    'p4',
    'p5',
  ],
  unknown: [],
}

const KNOWN: ReadonlyMap<string, Severity> = new Map(
  (['critical', 'error', 'warning', 'info', 'unknown'] as const).flatMap((severity) =>
    WORDS[severity].map((word) => [word, severity] as const),
  ),
)

/** How bad something is, from the word that its sender used for it. A word that nobody knows is `unknown`, never `info`. */
export function severityOf(word: string | undefined): Severity {
  return KNOWN.get((word ?? '').trim().toLowerCase()) ?? 'unknown'
}
