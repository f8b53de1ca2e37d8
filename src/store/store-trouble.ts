/**
 * What kind of trouble: `unclear` means that an append may or may not have been recorded and the
 * stream has to be read before repeating it; after every other kind nothing was recorded.
 */
export type StoreTroubleKind =
  | 'down'
  | 'locked'
  | 'full'
  | 'read-only'
  | 'corrupt'
  | 'denied'
  | 'unusable'
  | 'unclear'

/**
 * The event store cannot do its work. The message says what happened, where, and what to do; it
 * never holds a password. Thrown, since no caller can decide anything without its log.
 */
export class StoreTrouble extends Error {
  override readonly name = 'StoreTrouble'
  readonly kind: StoreTroubleKind

  constructor(kind: StoreTroubleKind, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause })
    this.kind = kind
  }
}
