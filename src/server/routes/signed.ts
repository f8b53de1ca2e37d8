import { Webhook } from 'standardwebhooks'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { SecretRef } from '../../core/strategy/quantities.ts'
import type { Secrets } from '../../ports/secrets.ts'
import type { Ask } from '../answers.ts'
import type { Trouble } from '../problems.ts'

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const

/**
 * Whether a delivery carries the signature of Standard Webhooks, made with this secret in the last
 * five minutes. Neither the secret nor the signature is repeated anywhere.
 */
export async function isSigned(
  c: Ask,
  text: string,
  ref: SecretRef,
  secrets: Secrets,
): Promise<Result<boolean, Trouble>> {
  const secret = await secrets(ref)
  if (!secret.ok) return no({ code: 'no-secret', detail: secret.problem.detail })
  const verifier = verifierOf(secret.value)
  if (verifier === null) {
    const where = 'env' in ref ? `the environment variable ${ref.env}` : `the file ${ref.file}`
    const detail = `${where} holds no webhook secret: it should read whsec_ and base64`
    return no({ code: 'no-secret', detail })
  }
  const headers = Object.fromEntries(HEADERS.map((name) => [name, c.req.header(name) ?? '']))
  try {
    verifier.verify(text, headers)
    return yes(true)
  } catch {
    return yes(false)
  }
}

function verifierOf(secret: string): Webhook | null {
  try {
    return new Webhook(secret)
  } catch {
    return null
  }
}
