import type { Command } from 'commander'
import type { RolloutView } from '../../contract/rollout-view.ts'
import { confirm } from '../confirm.ts'
import { drawApprovals, drawDecision } from '../draw/draw-decision.ts'
import { EXIT } from '../exit-codes.ts'
import { failed } from '../outcome.ts'
import type { Run } from '../run.ts'
import type { Session } from '../session.ts'
import { withRollout } from '../with-rollout.ts'

interface Options {
  readonly role?: string
  readonly yes?: boolean
}

/** Says yes to the decision that waits, after showing it. The yes is bound to what was shown. */
export function addApprove(program: Command, run: Run): void {
  const command = program
    .command('approve')
    .description('Say yes to the decision that waits, after reading it.')
    .argument('[id]', 'which rollout; the only active one when absent')
    .option('--role <role>', 'in which of your roles; whichever is asked for when absent')
    .option('-y, --yes', 'do not ask; for scripts')
  run<Options>(command, (session, { args: [name], options }) =>
    withRollout(session, name, async (client, id) => {
      const view = await client.call('getRollout', { params: { id } })
      if (!view.ok) return view
      const { decision, phase, because } = view.value
      if (decision === null || phase !== 'asking')
        return failed(EXIT.refused, `${id} waits for no approval: ${because}`)
      if (options.yes !== true) {
        const agreed = await agrees(session, view.value)
        if (agreed === null)
          return failed(
            EXIT.usage,
            'nobody is there to be asked: read the decision, then use --yes',
          )
        if (!agreed) return failed(EXIT.refused, `${id} was not approved`)
      }
      const { role } = options
      const body = role === undefined ? { hash: decision.hash } : { hash: decision.hash, role }
      return client.call('approve', { params: { id }, body })
    }),
  )
}

async function agrees({ io, ink, json }: Session, view: RolloutView): Promise<boolean | null> {
  const { decision } = view
  if (io.stdin.isTTY !== true || decision === null) return null
  const lines = [
    `${view.workload} ${view.release} (${view.id})`,
    ...(view.failing === null ? [] : [`${ink.red('Failed:')} ${view.failing.because}`]),
    ...drawDecision(decision, ink),
    ...drawApprovals(view, ink, io.clock.now()).slice(0, -1),
  ]
  // With --json, standard output holds one document and nothing else.
  const out = json ? io.stderr : io.stdout
  out.write(`${lines.join('\n')}\n`)
  return confirm(io, out, `Approve '${decision.chosen}'?`)
}
