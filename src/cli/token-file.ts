import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { no, type Result, yes } from '../core/kernel/result.ts'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { Failure } from './outcome.ts'

/** Read and write for the owner, nothing for anybody else. */
const OWNER_ONLY = 0o600
const OTHERS = 0o077

/** Where a person's token is kept: `$XDG_CONFIG_HOME/goaround/token`, usually `~/.config/goaround/token`. */
export function tokenPath(env: Io['env']): string {
  const config = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config')
  return join(config, 'goaround', 'token')
}

/** The kept token; null when there is none. A file that others can read is refused, as ssh does. */
export async function readTokenFile(env: Io['env']): Promise<Result<string | null, Failure>> {
  const path = tokenPath(env)
  try {
    const { mode } = await stat(path)
    if ((mode & OTHERS) !== 0) {
      const says = `${path} can be read by others: run 'chmod 600 ${path}', and replace the token if they might have`
      return no({ exit: EXIT.usage, says })
    }
    const token = (await readFile(path, 'utf8')).trim()
    return yes(token === '' ? null : token)
  } catch (error) {
    if (Object(error).code === 'ENOENT') return yes(null)
    return no({ exit: EXIT.usage, says: `${path} cannot be read: ${String(Object(error).code)}` })
  }
}

/** Keeps a token for this person, readable by nobody else. Answers where. */
export async function writeTokenFile(env: Io['env'], token: string): Promise<string> {
  const path = tokenPath(env)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, `${token}\n`, { mode: OWNER_ONLY })
  // A file that was there keeps its old mode when it is written.
  await chmod(path, OWNER_ONLY)
  return path
}
