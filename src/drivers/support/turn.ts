import { mkdir, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { claimFile, PRIVATE_FOLDER, readIfThere, replaceFile } from './durable-file.ts'
import { isSameProcess, processIdentity } from './process-identity.ts'

/** A turn lasts milliseconds to seconds; asking this often is neither felt nor seen. */
const LOOK_EVERY_MS = 20

const FREE = 'free'

/** Proof that one process, and one caller in it, is the only one to act in a folder. */
export interface Turn {
  /** Grows with every turn that was ever taken. */
  readonly number: number
  readonly end: () => Promise<void>
}

/**
 * Waits for the turn in a folder; null when the signal ended the wait. Turns are numbered files,
 * the highest of which counts: a turn whose process was killed is simply followed by the next, and
 * since a higher number never goes away, no late comer can bring back an old one.
 */
export async function takeTurn(folder: string, signal: AbortSignal): Promise<Turn | null> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
  const holder = `${process.pid} ${await processIdentity(process.pid)}`
  while (!signal.aborted) {
    const top = (await turnsIn(folder)).at(-1) ?? 0
    if (top === 0 || (await isOver(join(folder, String(top))))) {
      const number = top + 1
      if (await claim(folder, number, holder)) return { number, end: () => end(folder, number) }
    } else {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }
  return null
}

async function claim(folder: string, number: number, holder: string): Promise<boolean> {
  const path = join(folder, String(number))
  if (!(await claimFile(path, holder))) return false
  const turns = await turnsIn(folder)
  if (turns.at(-1) !== number) {
    // Others took, ended and cleared away this number while we were asleep.
    await unlink(path)
    return false
  }
  for (const old of turns.slice(0, -1)) {
    await unlink(join(folder, String(old))).catch(() => undefined)
  }
  return true
}

async function end(folder: string, number: number): Promise<void> {
  await replaceFile(join(folder, String(number)), FREE)
}

async function isOver(path: string): Promise<boolean> {
  const holder = await readIfThere(path)
  if (holder === null || holder === FREE) return true
  const [pid = '', identity = ''] = holder.split(' ')
  return !(await isSameProcess(Number(pid), identity))
}

async function turnsIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder)
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b)
}
