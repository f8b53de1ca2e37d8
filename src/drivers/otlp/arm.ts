import type { Attributes } from '../../core/strategy/series-selector.ts'
import type { WatchLabels } from '../../ports/telemetry.ts'

/** Attributes and the text that each must have, with `$stack` and the like still to be filled in. */
export type Select = Readonly<Record<string, string>>

/** What the selected attributes of an arm's series are, as one text. */
export function armOf(select: Select, labels: WatchLabels): string {
  return JSON.stringify(
    names(select).map((name) =>
      (select[name] ?? '').replaceAll(
        /\$(workload|stack|release|rollout|group)\b/g,
        (_, label: keyof WatchLabels) => labels[label],
      ),
    ),
  )
}

/** The arm that a series belongs to; null when it lacks one of the attributes, so that nobody can mean it. */
export function armOfSeries(select: Select, attributes: Attributes): string | null {
  const values = names(select).map((name) => attributes[name])
  return values.includes(undefined) ? null : JSON.stringify(values.map(String))
}

function names(select: Select): readonly string[] {
  return Object.keys(select).toSorted()
}
