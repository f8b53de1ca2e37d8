import { glob, readFile, stat } from 'node:fs/promises'
import { no, type Result, yes } from '../../core/kernel/result.ts'

/** A suite of ten thousand tests writes a few MB; more than this is not a report. */
const BYTES_MAX = 64 * 1024 * 1024

/** One file per test class is usual; more than this is a wrong glob. */
const FILES_MAX = 2_000

/** File systems round the time of a file, some of them to two seconds. */
const ROUNDING_MS = 2_000

/** What was there before the run, by path: another identity means that it was written anew. */
export type SeenResults = ReadonlyMap<string, string>

/** Looks at what lies at the place of the results before the tests run. */
export async function seenResults(pattern: string): Promise<SeenResults> {
  const seen = new Map<string, string>()
  for (const path of await matching(pattern)) {
    const found = await stat(path).catch(() => null)
    if (found !== null) seen.set(path, identityOf(found))
  }
  return seen
}

/**
 * Reads the results that this run wrote. A file that was there before, or that is older than the
 * run, is refused by name: it tells of another run, perhaps of another release.
 */
export async function readResults(
  pattern: string,
  before: SeenResults,
  beganAt: number,
): Promise<Result<readonly { readonly path: string; readonly text: string }[], string>> {
  const paths = await matching(pattern)
  if (paths.length === 0) return no(`there are no results at ${pattern}`)
  if (paths.length > FILES_MAX) return no(`more than ${FILES_MAX} files match ${pattern}`)
  let bytes = 0
  const files: { path: string; text: string }[] = []
  for (const path of paths) {
    try {
      const found = await stat(path)
      const isOld = found.mtimeMs < beganAt - ROUNDING_MS
      if (isOld || before.get(path) === identityOf(found)) {
        return no(
          `the results in ${path} are from before this run; let the command remove old ones, or write to {results}`,
        )
      }
      bytes += found.size
      if (bytes > BYTES_MAX) return no(`the results are larger than ${BYTES_MAX} bytes`)
      files.push({ path, text: await readFile(path, 'utf8') })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return no(`the results in ${path} could not be read: ${why}`)
    }
  }
  return yes(files)
}

async function matching(pattern: string): Promise<readonly string[]> {
  const paths: string[] = []
  for await (const path of glob(pattern)) {
    paths.push(path)
    if (paths.length > FILES_MAX) break
  }
  return paths.toSorted()
}

function identityOf({ mtimeMs, size, ino }: Awaited<ReturnType<typeof stat>>): string {
  return `${ino}/${size}/${mtimeMs}`
}
