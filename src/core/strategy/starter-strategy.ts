/** What `goaround init` asks. */
export interface StarterAnswers {
  readonly workload: string
  /** The command that starts one instance, as a list of arguments; `{port}` is filled in. */
  readonly command: readonly string[]
  /** `host:port` that users reach. */
  readonly listen: string
  /** Where an editor finds the JSON Schema: a path or URL; null leaves the line out. */
  readonly schema: string | null
}

/** What is the same for every workload at the beginning. */
const REST = `exposure:
  model: canary
  groups:
    - name: first
      share: 5%
      # Hours find what minutes do not.
      bake: 1h
      minExposure: 200
      # Asked of the new release before any user reaches it, once they do, and after the bake.
      smoke:
        - name: answers
          when: both
          http: { path: /, status: 200 }
    - name: half
      share: 50%
      bake: 2h
      minExposure: 1000
    - name: everyone
      share: 100%
      bake: 4h
      minExposure: 1000

detection:
  # At most one good rollout in a hundred is halted by mistake, all metrics together.
  falseAlarms: 0.01
  # Failed requests and response times, as the router sees them. A tenth and 5ms slower is still fine;
  # write a metric out to say otherwise, or to measure something else.
  metrics: [errors, latency]

mitigations:
  # The old release keeps running until the rollout ends, so this takes seconds.
  fallback: {}
  # Puts back everything that the rollout changed.
  rollback: {}

decision:
  # From the top: the first branch whose condition holds and which is possible is taken.
  tree:
    - name: back-to-the-old-stack
      when: able.fallback
      choose: fallback
      because: the old release is still there and takes over in seconds
    - name: restore
      when: able.rollback
      choose: rollback
      because: the old stack is gone, but its state is known
    - name: ask
      choose: hold
      because: nothing automatic is left

communication:
  channels:
    - name: screen
      driver: terminal
  audiences:
    - name: team
      channel: screen
      detail: internal
      cadence: 15m

# Until a mitigation was rehearsed, goaround recommends it and asks. After a rehearsal, add:
# practice:
#   credits:
#     - mitigation: fallback
#       rehearsedOn: 2026-11-20
#       evidence: link to the notes of the rehearsal
`

/**
 * The first strategy of a workload: complete, cautious, and with a remark at each place that a
 * team will want to change. It passes `goaround lint` without errors; its findings are the to-do
 * list.
 */
export function starterStrategy({ workload, command, listen, schema }: StarterAnswers): string {
  const argv = command.map((argument) => JSON.stringify(argument)).join(', ')
  return `${editorLine(schema)}# What happens when ${workload} is deployed, and what happens when that goes wrong.
# Every field is described in docs/strategy.md. Check this file with: goaround lint
apiVersion: goaround.dev/v1
kind: Strategy

workload:
  name: ${JSON.stringify(workload)}
  # The more depends on it: low, medium, high, business-critical, mission-critical.
  criticality: medium
  components:
    - name: main
      platform:
        driver: processes
        # {port} and {release} are filled in for each instance; {release} is what you deploy.
        command: [${argv}]
        health: { path: /, within: 20s }

# Users reach the workload here; goaround splits the traffic between the old and the new release.
traffic:
  driver: builtin
  listen: ${JSON.stringify(listen)}

${REST}`
}

function editorLine(schema: string | null): string {
  return schema === null ? '' : `# yaml-language-server: $schema=${schema}\n`
}
