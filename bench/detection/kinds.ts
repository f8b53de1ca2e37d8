import type { DetectorKind } from './detector.ts'
import { PRODUCT } from './detectors/product.ts'
import { STRICT } from './detectors/strict.ts'
import { ARGO } from './peers/argo.ts'
import { BURN_RATE } from './peers/burn-rate.ts'
import { DKW_BANDS } from './peers/dkw-bands.ts'
import { FLAGGER } from './peers/flagger.ts'
import { KAYENTA } from './peers/kayenta/kayenta.ts'
import { LINDON_MALEK } from './peers/lindon-malek.ts'
import { ORACLE_SPRT } from './peers/oracle-sprt.ts'
import { ORACLE_THRESHOLD } from './peers/oracle-threshold.ts'
import { Z_TESTS } from './peers/z-test.ts'

/** Everybody who takes part, in the order of the tables. */
export const KINDS: readonly DetectorKind[] = [
  ...PRODUCT,
  ...STRICT,
  ORACLE_SPRT,
  ORACLE_THRESHOLD,
  LINDON_MALEK,
  DKW_BANDS,
  ...KAYENTA,
  ...ARGO,
  ...FLAGGER,
  BURN_RATE,
  ...Z_TESTS,
]

/** A detector by its name. */
export function kindNamed(name: string): DetectorKind {
  const found = KINDS.find((kind) => kind.name === name)
  if (found === undefined) throw new Error(`no detector is called '${name}'`)
  return found
}
