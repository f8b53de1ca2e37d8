/**
 * Exposure is counted in buckets: every subject falls into one of 10,000, so that 1 bucket is
 * 0.01 % and a share is a whole number that never rounds differently on two machines.
 */
export const BUCKETS = 10_000

/** Writes buckets as people say them: `5 %`, `0.25 %`. */
export function sayShare(buckets: number): string {
  return `${Math.round(buckets) / 100} %`
}
