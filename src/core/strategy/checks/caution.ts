import type { Remark } from '../remark.ts'

/** A warning from experience, which never refuses a strategy. */
export type Caution = Omit<Remark, 'severity'>
