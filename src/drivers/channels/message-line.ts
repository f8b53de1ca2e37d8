import type { Message } from '../../ports/channel.ts'

/** A message as one line of JSON, as files and webhooks carry it. */
export function messageJson(message: Message): string {
  const { id, audience, subject, text, sentAt } = message
  return JSON.stringify({ id, audience, subject, text, sentAt })
}
