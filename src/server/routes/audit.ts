import { yes } from '../../core/kernel/result.ts'
import type { Handlers } from '../calls.ts'
import type { AuditFindings, ServerParts } from '../parts.ts'

/** Proves the log. It reads all of it, so that those who ask meanwhile share one look. */
export function auditHandlers({ audit }: ServerParts): Pick<Handlers, 'verifyAudit'> {
  let underWay: Promise<AuditFindings> | null = null
  return {
    async verifyAudit() {
      underWay ??= audit().finally(() => {
        underWay = null
      })
      const { streams, events, problems, problemsLeftOut, anchor } = await underWay
      return yes({
        intact: problems.length === 0,
        streams,
        events,
        problems: [...problems],
        problemsLeftOut,
        anchor: anchor === null ? null : { number: anchor.number, hash: anchor.hash },
      })
    },
  }
}
