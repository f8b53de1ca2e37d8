import type { Strategy } from '../../src/core/strategy/schema.ts'
import type { Control, From, PersonCommand } from '../../src/engine/control.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Chance } from './random.ts'

interface PersonParts {
  readonly chance: Chance
  readonly clock: Clock
  readonly strategy: Strategy
  /** A server that answers now; null when all are down. */
  readonly control: () => Control | null
  /** A command that the server has answered with yes. */
  readonly acknowledged: (commandId: string) => void
}

/** How often the people look at their screens. */
const LOOK_MS = [500, 5_000] as const
/** A server that does not answer in this time is asked again, with the same idempotency key. */
const ANSWER_MS = 3_000
/** People are back at their desks for this long, then they go home. */
const WORKING_MS = 50 * 60_000

const ROLES = ['release-captain', 'stakeholder', 'on-call'] as const

/**
 * The people around a rollout: they deploy v1, then v2, approve what they are asked for, and now and
 * then pause, resume, promote, abort or choose by hand. They repeat what was not answered.
 */
export function person({ chance, clock, strategy, control, acknowledged }: PersonParts) {
  let commands = 0
  const endsAt = clock.now() + WORKING_MS

  function from(name: string, roles: readonly string[]): From {
    commands += 1
    return { actor: { name, roles: [...roles] }, commandId: `command-${commands}` }
  }

  /** Asks until somebody answers; a crash of the server swallows the answer, never the command. */
  async function ask<Value>(run: (server: Control) => Promise<Value>): Promise<Value> {
    for (;;) {
      const server = control()
      if (server !== null) {
        const answer = await Promise.race([
          run(server).then((value) => ({ value })),
          clock.until(clock.now() + ANSWER_MS).then(() => null),
        ])
        if (answer !== null) return answer.value
      }
      await clock.until(clock.now() + 500)
    }
  }

  async function deploy(release: string): Promise<string | null> {
    const who = from('dana', ['operator'])
    const started = await ask((server) => server.start({ strategy, release, hotfixFor: null }, who))
    if (started.ok) acknowledged(who.commandId)
    return started.ok ? started.value.id : null
  }

  async function tell(id: string, command: PersonCommand, who: From): Promise<void> {
    const answer = await ask((server) => server.tell(id, command, who))
    // A yes without a change (nothing was left to do) leaves no trace; approvals always do.
    if (answer.ok && command.type === 'approve') acknowledged(who.commandId)
  }

  async function follow(id: string): Promise<void> {
    while (clock.now() < endsAt) {
      await clock.until(clock.now() + chance.between(...LOOK_MS))
      const record = await ask((server) => server.read(id))
      const { rollout, response } = record?.course ?? { rollout: null, response: null }
      if (rollout === null || rollout.stage.at === 'completed' || rollout.stage.at === 'ended')
        return
      if (response?.stage.at === 'asking') {
        const name = chance.pick(['robin', 'sam', 'kim'])
        const no = chance.happens(0.1)
        const who = from(name, ROLES)
        await tell(
          id,
          no
            ? { type: 'reject', because: 'not now' }
            : { type: 'approve', hash: response.decision.hash },
          who,
        )
      } else if (response?.stage.at === 'holding') {
        await tell(id, { type: 'abort', because: 'nothing more can be done' }, from('robin', ROLES))
      } else if (rollout.paused !== null) {
        await tell(
          id,
          chance.pick<PersonCommand>([
            { type: 'resume', because: 'looked at it' },
            { type: 'abort', because: 'enough' },
          ]),
          from('robin', ROLES),
        )
      } else if (chance.happens(0.03)) {
        await tell(id, whim(chance), from('robin', ROLES))
      }
    }
  }

  return {
    async live(): Promise<void> {
      for (const release of ['v1', 'v2', 'v3']) {
        const id = await deploy(release)
        if (id !== null) await follow(id)
        await clock.until(clock.now() + 5_000)
      }
    },
  }
}

function whim(chance: Chance): PersonCommand {
  return chance.pick<PersonCommand>([
    { type: 'pause', because: 'lunch' },
    { type: 'promote' },
    { type: 'abort', because: 'a bad feeling' },
    { type: 'choose', choose: 'fallback', because: 'I know this one' },
    { type: 'choose', choose: 'rollback', because: 'I know this one' },
  ])
}
