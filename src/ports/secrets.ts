import type { SecretRef } from '../core/strategy/quantities.ts'
import type { Answer } from './driver.ts'

/** Looks up a secret at the moment of its use, so that a rotated one is picked up and none is kept. */
export type Secrets = (ref: SecretRef) => Answer<string>
