import type { DetectorKind } from './detector.ts'
import { PRODUCT } from './detectors/product.ts'
import { STRICT } from './detectors/strict.ts'
import { ORACLE_SPRT } from './peers/oracle-sprt.ts'

/** Everybody who takes part, in the order of the tables. */
export const KINDS: readonly DetectorKind[] = [...STRICT, ...PRODUCT, ORACLE_SPRT]
