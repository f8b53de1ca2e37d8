import { expect } from 'vitest'

/** Whatever was said, to whomever: none of it may hold a secret, or a readable form of one. */
export function expectNoSecret(said: readonly string[], secrets: readonly string[]): void {
  for (const secret of secrets) {
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]
    for (const form of forms) {
      const where = said.find((text) => text.includes(form))
      expect({ saidIn: where }).toEqual({ saidIn: undefined })
    }
  }
}
