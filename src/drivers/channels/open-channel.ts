import type { Writable } from 'node:stream'
import type { Channel as ChannelConfig } from '../../core/strategy/channels.ts'
import type { Channel } from '../../ports/channel.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { openFileChannel } from './file.ts'
import { openSmtp } from './smtp.ts'
import { openTerminal } from './terminal.ts'
import { openWebhook } from './webhook.ts'

export interface ChannelParts {
  readonly secrets: Secrets
  readonly clock: Clock
  /** Where the terminal channel prints. */
  readonly terminal: Writable
}

/** Opens the channel that a strategy describes. Nothing is connected before the first message. */
export function openChannel(
  config: ChannelConfig,
  { secrets, clock, terminal }: ChannelParts,
): Channel {
  switch (config.driver) {
    case 'terminal':
      return openTerminal(terminal)
    case 'file':
      return openFileChannel(config.path)
    case 'smtp':
      return openSmtp(config, secrets)
    case 'webhook':
      return openWebhook(config, secrets, clock)
  }
}
