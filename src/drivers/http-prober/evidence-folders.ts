import { randomUUID } from 'node:crypto'
import { glob, mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { PRIVATE_FOLDER } from '../support/durable-file.ts'

/** Runs whose files are kept; a run with screenshots is a few MB, so this is about a gigabyte. */
const RUNS_KEPT = 300

/** Files of one run that an outcome names; a runner that leaves more has a report among them. */
const FILES_TOLD = 20

/** The folder that one run of a test may write into, and what it left there. */
export interface EvidenceFolder {
  readonly path: string
  /** When it was made, by the clock of the file system: nothing of this run is older. */
  readonly madeAt: number
  /** The files that were left, at most 20; an empty folder is taken away again. */
  readonly files: () => Promise<readonly string[]>
}

/**
 * Makes a new folder for one run of a test. Results and screenshots stay there as evidence, until
 * 300 later runs have left theirs.
 */
export async function makeEvidenceFolder(
  home: string,
  effectId: string,
): Promise<Result<EvidenceFolder, DriverFailure>> {
  const name = effectId.replaceAll(/[^A-Za-z0-9.-]+/g, '_').slice(0, 120)
  const path = join(home, `${name}-${randomUUID().slice(0, 8)}`)
  try {
    await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER })
    await tidy(home)
    const { mtimeMs: madeAt } = await stat(path)
    return yes({ path, madeAt, files: () => filesIn(path) })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const what = `the folder ${path} for a test's results could not be made: ${why}`
    return no(failure('denied', 'safe', what))
  }
}

async function filesIn(path: string): Promise<readonly string[]> {
  const files: string[] = []
  for await (const entry of glob('**/*', { cwd: path, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
  }
  // Still there when something else is in it, such as empty folders.
  if (files.length === 0) await rmdir(path).catch(() => undefined)
  return files.toSorted().slice(0, FILES_TOLD)
}

async function tidy(home: string): Promise<void> {
  const names = await readdir(home)
  if (names.length <= RUNS_KEPT) return
  const dated = await Promise.all(
    names.map(async (name) => {
      const path = join(home, name)
      const at = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      )
      return { path, at }
    }),
  )
  const old = dated.toSorted((a, b) => b.at - a.at).slice(RUNS_KEPT)
  await Promise.all(old.map(({ path }) => rm(path, { recursive: true, force: true })))
}
