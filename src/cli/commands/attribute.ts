import { readFile, stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type Findings, findingsOf, type Standing } from '../../core/attribute/findings.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { drawAttribution } from '../../picture/draw-attribution.ts'
import { readFacts } from '../attribute/read-facts.ts'
import { replayFacts } from '../attribute/replay-facts.ts'
import type { Ink } from '../draw/ink.ts'
import { EXIT } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { done, type Failure, failed } from '../outcome.ts'
import type { Run } from '../run.ts'
import type { Session } from '../session.ts'

/** Bytes of one file of facts: some ten times the facts that are remembered. */
const FILE_MAX = 64 * 1024 * 1024

interface Options {
  readonly data?: string
  readonly html?: string
}

/** Says which of many rollouts is to blame: from a file of facts, or what the server knows now. */
export function addAttribute(program: Command, run: Run): void {
  const command = program
    .command('attribute')
    .description('Which of the rollouts is to blame for the faults, and on what evidence?')
    .option('--data <file>', 'placements and faults, one JSON per line; absent: ask the server')
    .option('--html <file>', 'write the evidence as a page')
  run<Options>(command, async (session, { options: { data, html } }) => {
    const found = data === undefined ? await fromServer(session) : await fromFile(session.io, data)
    if (!found.ok) return found
    const findings = found.value
    const lines = linesOf(findings, session.ink)
    if (html !== undefined) {
      try {
        await writeFile(resolve(session.io.cwd, html), drawAttribution(findings))
      } catch (error) {
        return failed(EXIT.usage, `${html} cannot be written (${String(Object(error).code)})`)
      }
      lines.push(`The evidence is in ${html}.`)
    }
    const isAnyBlamed = findings.rollouts.some(({ standing }) => standing === 'blamed')
    return done(findings, lines, isAnyBlamed ? EXIT.refused : EXIT.done)
  })
}

async function fromServer(session: Session): Promise<Result<Findings, Failure>> {
  const client = await session.client()
  return client.ok ? client.value.call('getAttribution') : client
}

async function fromFile(io: Io, file: string): Promise<Result<Findings, Failure>> {
  const path = resolve(io.cwd, file)
  let text: string
  try {
    const { size } = await stat(path)
    if (size > FILE_MAX)
      return no({
        exit: EXIT.usage,
        says: `${file} has ${size} bytes; at most ${FILE_MAX} are read`,
      })
    text = await readFile(path, 'utf8')
  } catch (error) {
    return no({ exit: EXIT.usage, says: `${file} cannot be read (${String(Object(error).code)})` })
  }
  const facts = readFacts(text, file)
  if (!facts.ok) return no({ exit: EXIT.usage, says: facts.problem })
  const { known, at } = replayFacts(facts.value)
  return yes(findingsOf(known, at))
}

function linesOf({ because, rollouts }: Findings, ink: Ink): string[] {
  const paint: Readonly<Record<Standing, (text: string) => string>> = {
    blamed: ink.red,
    suspected: ink.yellow,
    cleared: ink.green,
    unknown: ink.dim,
  }
  return [
    because,
    ...rollouts.map(
      ({ rollout, standing, because: why }) => `  ${paint[standing](standing)} ${rollout}: ${why}`,
    ),
  ]
}
