import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** `ps` answers in milliseconds; a machine that needs longer than this cannot be asked. */
const PS_TIMEOUT_MS = 5_000

const run = promisify(execFile)

let bootId: Promise<string | null> | undefined

/**
 * What tells one process from any other that ever had the same pid: its start time, and on Linux
 * the boot it belongs to. Null when there is no such process or when it is a zombie. Survives
 * `exec`, so a launcher can write it down before it becomes the command.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null
  return (await bootOf()) === null ? identityFromPs(pid) : identityFromProc(pid)
}

/** Whether the very process that was written down is still running. */
export async function isSameProcess(pid: number, identity: string): Promise<boolean> {
  return (await processIdentity(pid)) === identity
}

async function identityFromProc(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return null
  // The command name stands in parentheses and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  const startTicks = fields[19]
  if (startTicks === undefined || state === 'Z' || state === 'X') return null
  return `${await bootOf()}:${startTicks}`
}

/** macOS: `ps` knows the start to the second. */
async function identityFromPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      timeout: PS_TIMEOUT_MS,
    })
    const [stat = 'Z', ...start] = stdout.trim().split(/\s+/)
    return stat.startsWith('Z') || start.length === 0 ? null : start.join('_')
  } catch {
    return null
  }
}

function bootOf(): Promise<string | null> {
  bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => null,
  )
  return bootId
}
