import { nearest } from '../nearest.ts'
import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import type { Component, Strategy } from '../schema.ts'
import { type Check, check } from './check.ts'
import { keysAreStacks, repeatedNames, unknownName } from './names.ts'

const COMPONENTS: Path = ['workload', 'components']

/** What is filled into commands, by driver. */
const PLACEHOLDERS = {
  processes: ['port', 'release', 'stack', 'replica', 'component', 'workload'],
  exec: ['release', 'stack', 'component', 'workload', 'replicas'],
} as const

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

/** `{prot}` would be handed to the command as it stands. */
function commandsAreFilled({ platform }: Component, index: number): readonly Remark[] {
  const known: readonly string[] = PLACEHOLDERS[platform.driver]
  const commands: Readonly<Record<string, readonly string[] | undefined>> =
    platform.driver === 'processes'
      ? { command: platform.command }
      : {
          deploy: platform.deploy,
          scale: platform.scale,
          state: platform.state,
          undo: platform.undo,
        }
  return Object.entries(commands).flatMap(([name, argv]) =>
    (argv ?? []).flatMap((argument, place) =>
      [...argument.matchAll(/(?<!\$)\{([a-z]+)\}/g)].flatMap(([whole, word = '']): Remark[] => {
        if (known.includes(word)) return []
        const meant = nearest(word, known)
        return [
          {
            severity: meant === null ? 'finding' : 'error',
            path: [...platformAt(index), name, place],
            found: `"${whole}", which nothing is filled into`,
            expected: `one of ${known.map((one) => `{${one}}`).join(', ')}`,
            fix:
              meant === null
                ? 'correct it if it is meant for goaround'
                : `did you mean "{${meant}}"?`,
          },
        ]
      }),
    ),
  )
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
