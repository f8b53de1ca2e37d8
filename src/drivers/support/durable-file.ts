import { randomUUID } from 'node:crypto'
import {
  chmod,
  chown,
  link,
  open,
  readFile,
  realpath,
  rename,
  stat,
  unlink,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'

interface Owner {
  readonly mode: number
  readonly uid?: number
  readonly gid?: number
}

/** State files may name hosts and quote logs; only the user who runs goaround reads them. */
export const PRIVATE_FILE = 0o600

/** The same for folders. */
export const PRIVATE_FOLDER = 0o700

/**
 * Replaces a file so that a reader, or a crash at any moment, sees the old content or the new and
 * never a part. Mode and owner of a file that exists stay as they are; a symbolic link stays a link.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  modeWhenNew: number = PRIVATE_FILE,
): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const owner: Owner = await stat(target).catch(() => ({ mode: modeWhenNew }))
  const draft = await writeDraft(dirname(target), content, owner)
  try {
    await rename(draft, target)
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(target))
}

/**
 * Creates a file with its content, all at once. False when it exists: of any number of processes
 * that try, exactly one is told true.
 */
export async function claimFile(path: string, content: string): Promise<boolean> {
  const draft = await writeDraft(dirname(path), content, { mode: PRIVATE_FILE })
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}

/** The text of a small state file, or null when there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** The system's code of an error: `ENOENT`, `EACCES`. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

async function writeDraft(
  folder: string,
  content: string | Uint8Array,
  owner: Owner,
): Promise<string> {
  const draft = join(folder, `.${randomUUID()}.draft`)
  const file = await open(draft, 'wx', PRIVATE_FILE)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(draft, owner.mode & 0o7777)
  // Only root may give files away; anybody else already owns what they write.
  if (owner.uid !== undefined && owner.gid !== undefined && process.getuid?.() === 0) {
    await chown(draft, owner.uid, owner.gid)
  }
  return draft
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
