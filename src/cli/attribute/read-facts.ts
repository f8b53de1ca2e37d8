import { z } from 'zod'
import { Fault, FleetNode, Placement } from '../../core/attribute/fault.ts'
import { isoInstant } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'

/** Problems told at once; a file that is wrong on every line needs no more to be understood. */
const PROBLEMS_MAX = 10

const At = z.union([
  z.int().nonnegative(),
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
])
const Row = z.union([Placement.extend({ at: At }), Fault.extend({ at: At }), FleetNode])

/** The facts of a file, each kind in the order of the file. */
export interface Facts {
  readonly nodes: readonly FleetNode[]
  readonly placements: readonly Placement[]
  readonly faults: readonly Fault[]
}

/**
 * Reads one fact per line, as JSON: a node of the fleet, a placement, or a fault. Instants are epoch
 * milliseconds or ISO 8601. Answers every wrong line, by its number, rather than guess.
 */
export function readFacts(text: string, fileName: string): Result<Facts, string> {
  const nodes: FleetNode[] = []
  const placements: Placement[] = []
  const faults: Fault[] = []
  const problems: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const row = Row.safeParse(parse(line))
    if (!row.success) problems.push(`${fileName}:${index + 1}: ${EXPECTED}`)
    else if ('rollout' in row.data) placements.push(row.data)
    else if ('signature' in row.data) faults.push(row.data)
    else nodes.push(row.data)
    if (problems.length >= PROBLEMS_MAX) break
  }
  if (problems.length > 0) return no(problems.join('\n'))
  if (nodes.length + placements.length + faults.length === 0)
    return no(`${fileName} holds no facts: ${EXPECTED}`)
  return yes({ nodes, placements, faults })
}

const EXPECTED = `expected {"node","cluster"}, {"rollout","node","cluster","at"} or {"signature","node","at"} as JSON on one line, with "at" in epoch milliseconds or as ${isoInstant(0)}`

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
