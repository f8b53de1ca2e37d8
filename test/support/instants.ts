import type { Instant } from '../../src/core/kernel/instant.ts'

/** The instant of an ISO text such as `2026-11-23T09:00:00Z`; the core itself has no calendar to ask. */
export function instant(text: string): Instant {
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new Error(`'${text}' is not an instant`)
  return at
}

export function iso(at: Instant): string {
  return new Date(at).toISOString()
}
