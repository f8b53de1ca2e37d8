import { createHash } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { StackWant } from '../../ports/platform.ts'
import { PRIVATE_FOLDER, readIfThere, replaceFile } from '../support/durable-file.ts'

const Want = z.object({
  release: z.string(),
  replicas: z.int().nonnegative(),
  effectId: z.string(),
  /** It could not be carried out and was answered so; nobody goes on with it by himself. */
  refused: z.boolean(),
})
/** What was last asked of a stack. */
export type Want = z.output<typeof Want>

/** The last want of a stack; null when nothing was ever asked of it. */
export async function readWant(stackFolder: string): Promise<Want | null> {
  const written = await readIfThere(join(stackFolder, 'want.json'))
  return written === null ? null : Want.parse(JSON.parse(written))
}

/** Remembers that a want was refused, so that no later server starts what somebody gave up. */
export async function markRefused(stackFolder: string, want: Want): Promise<void> {
  await replaceFile(join(stackFolder, 'want.json'), JSON.stringify({ ...want, refused: true }))
}

/**
 * Writes down the want, and for every replica a guard that a late launcher reads before it becomes
 * an instance: what is no longer wanted then withdraws, whichever server started it.
 */
export async function writeWant(
  stackFolder: string,
  { release, replicas }: StackWant,
  effectId: string,
): Promise<Want> {
  await mkdir(join(stackFolder, 'guards'), { recursive: true, mode: PRIVATE_FOLDER })
  const want: Want = { release, replicas, effectId, refused: false }
  await replaceFile(join(stackFolder, 'want.json'), JSON.stringify(want))
  await writeGuards(stackFolder, want)
  return want
}

/** Brings the guards in line with the want; only what differs is written. */
export async function writeGuards(stackFolder: string, want: Want): Promise<void> {
  const old = (await readdir(join(stackFolder, 'guards'))).filter((name) => /^\d+$/.test(name))
  const replicas = new Set([...old.map(Number), ...Array.from({ length: want.replicas }).keys()])
  for (const replica of replicas) {
    const wanted = replica < want.replicas ? `${guardToken(want.release)}\n` : 'none\n'
    const path = guardOf(stackFolder, replica)
    if ((await readIfThere(path)) !== wanted) await replaceFile(path, wanted)
  }
}

/** The file that a launcher of this replica reads. */
export function guardOf(stackFolder: string, replica: number): string {
  return join(stackFolder, 'guards', String(replica))
}

/** Stands for a release in a guard, whatever characters its name has. */
export function guardToken(release: string): string {
  return createHash('sha256').update(release).digest('hex')
}
