import { no, yes } from '../../core/kernel/result.ts'
import type { Access } from './access.ts'

/** Everybody on this machine is its administrator: what `--no-auth` means. */
const LOCAL = { name: 'person:local', roles: ['admin'] }

/** Access for everybody who can reach the server; `serve` refuses it anywhere but on loopback. */
export function openAccess(): Access {
  return {
    mode: 'open',
    firstRun: async () => null,
    identify: async () => yes(LOCAL),
    list: async () => [],
    create: async () => no({ code: 'no-tokens' }),
    revoke: async () => no({ code: 'no-tokens' }),
  }
}
