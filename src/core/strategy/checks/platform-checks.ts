import { nearest } from '../nearest.ts'
import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import type { Component, Strategy } from '../schema.ts'
import { type Check, check } from './check.ts'
import { keysAreStacks, repeatedNames, unknownName } from './names.ts'

const COMPONENTS: Path = ['workload', 'components']

/** What is filled into commands, by driver. */
const OF_PROCESSES = ['port', 'release', 'stack', 'replica', 'component', 'workload']
const OF_EXEC = ['release', 'stack', 'component', 'workload', 'replicas']
/** `state` looks at a stack; what should be there is not its business. */
const OF_EXEC_STATE = ['stack', 'component', 'workload']

/** What runs where, and what sends users there. */
export const PLATFORM_CHECKS: readonly Check[] = [
  check(['workload'], ({ workload: { components } }) =>
    repeatedNames(components, COMPONENTS, 'component'),
  ),
  check(['workload'], ({ workload }) => stacksDiffer(workload)),
  check(['workload'], ({ workload: { stacks, components } }) =>
    components.flatMap(({ platform }, index) =>
      platform.driver === 'processes' && platform.ports !== undefined
        ? keysAreStacks(platform.ports, stacks, [...platformAt(index), 'ports'], 'port')
        : [],
    ),
  ),
  check(['workload'], ({ workload: { components } }) => components.flatMap(portsAreApart)),
  check(['workload'], ({ workload: { components } }) => components.flatMap(commandsAreFilled)),
  check(['workload'], ({ workload: { components } }) => components.flatMap(stacksCanGo)),
  check(['workload', 'traffic'], ({ workload, traffic }) => trafficReaches(workload, traffic)),
]

function platformAt(index: number): Path {
  return [...COMPONENTS, index, 'platform']
}

function stacksDiffer({ stacks: [one, other] }: Strategy['workload']): readonly Remark[] {
  if (one !== other) return []
  return [
    {
      severity: 'error',
      path: ['workload', 'stacks', 1],
      found: `"${other}" for both stacks`,
      expected: 'two names: one stack serves while the other receives the next release',
      fix: 'rename one of the two',
    },
  ]
}

/** Two stacks with replicas side by side must not want the same port. */
function portsAreApart({ platform, replicas }: Component, index: number): readonly Remark[] {
  if (platform.driver !== 'processes' || platform.ports === undefined) return []
  const [first, second] = Object.entries(platform.ports).toSorted(([, a], [, b]) => a - b)
  if (first === undefined || second === undefined) return []
  const [[low, from], [high, to]] = [first, second]
  if (from + replicas <= to) return []
  return [
    {
      severity: 'error',
      path: [...platformAt(index), 'ports', high],
      found: `ports from ${to} for "${high}" and from ${from} for "${low}", with ${replicas} replicas each`,
      expected: `at least ${replicas} ports between the two, because both stacks run side by side`,
      fix: `use ${from + Math.max(replicas, 100)} for "${high}"`,
    },
  ]
}

interface Command {
  readonly name: string
  readonly argv: readonly string[] | undefined
  readonly known: readonly string[]
}

/** `{prot}` would be handed to the command as it stands. */
function commandsAreFilled({ platform }: Component, index: number): readonly Remark[] {
  return commandsOf(platform).flatMap(({ name, argv = [], known }) =>
    argv.flatMap((argument, place) => {
      const words = [...argument.matchAll(/(?<!\$)\{([a-z]+)\}/g)].map(([, word = '']) => word)
      const path = [...platformAt(index), name, place]
      return words
        .filter((word) => !known.includes(word))
        .map((word) => unfilled(word, known, path))
    }),
  )
}

function commandsOf(platform: Component['platform']): readonly Command[] {
  if (platform.driver === 'processes') {
    return [{ name: 'command', argv: platform.command, known: OF_PROCESSES }]
  }
  const { deploy, scale, undo, state } = platform
  return [
    { name: 'deploy', argv: deploy, known: OF_EXEC },
    { name: 'scale', argv: scale, known: OF_EXEC },
    { name: 'undo', argv: undo, known: OF_EXEC },
    { name: 'state', argv: state, known: OF_EXEC_STATE },
  ]
}

/** Braces may be meant for somebody else, unless the word is nearly one of ours. */
function unfilled(word: string, known: readonly string[], path: Path): Remark {
  const isOurs = OF_EXEC.includes(word) || OF_PROCESSES.includes(word)
  const meant = isOurs ? null : nearest(word, known)
  const other = isOurs ? 'use one of these' : 'correct it if it is meant for goaround'
  return {
    severity: meant === null && !isOurs ? 'finding' : 'error',
    path,
    found: `"{${word}}", which nothing is filled into here`,
    expected: `one of ${known.map((one) => `{${one}}`).join(', ')}`,
    fix: meant === null ? other : `did you mean "{${meant}}"?`,
  }
}

/** After a rollout one stack has to go; a platform that can only add fails then. */
function stacksCanGo({ name, platform }: Component, index: number): readonly Remark[] {
  if (platform.driver !== 'exec') return []
  if (platform.undo !== undefined || platform.scale !== undefined) return []
  return [
    {
      severity: 'error',
      path: platformAt(index),
      atName: true,
      found: `neither "undo" nor "scale" for "${name}"`,
      expected: 'a command that takes a release off a stack, for when its rollout is over',
      fix: 'add "undo", or "scale" that understands 0 replicas',
    },
  ]
}

function trafficReaches(
  { stacks, components }: Strategy['workload'],
  traffic: Strategy['traffic'],
): readonly Remark[] {
  if (traffic.driver === 'builtin') {
    const names = components.map(({ name }) => name)
    if (traffic.component === undefined || names.includes(traffic.component)) return []
    const place = {
      path: ['traffic', 'component'],
      what: 'component',
      where: 'workload.components',
    }
    return [unknownName(traffic.component, names, place)]
  }
  const at = ['traffic', 'servers']
  const [one, other] = stacks
  const shared = (traffic.servers[one] ?? []).filter((server) =>
    traffic.servers[other]?.includes(server),
  )
  return [
    ...keysAreStacks(traffic.servers, stacks, at, 'servers'),
    ...shared.map((server) => ({
      severity: 'error' as const,
      path: [...at, other],
      found: `the server "${server}" in both stacks`,
      expected: 'each server in one stack, or its traffic cannot be moved',
      fix: 'remove it from one of the two',
    })),
  ]
}
