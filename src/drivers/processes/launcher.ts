import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { CLAIM_AND_BECOME } from '../support/claim-and-become.ts'
import { PRIVATE_FILE } from '../support/durable-file.ts'

/**
 * Stays beside the instance as the leader of its process group: it writes down the exit code,
 * ends what is left of the group, and once asked to stop (SIGTERM to the group) sees to it that
 * nothing lives longer than the grace, whether or not any server is running.
 */
const WATCH_OVER = `
exits=$1 grace=$2 become=$3 claim=$4 guard=$5 token=$6
shift 6
watch= code=
trap 'signalled=1
  [ -n "$watch" ] || { (trap "" TERM; command -p sleep "$grace"; kill -s KILL -- -$$) & watch=$!; }' TERM
/bin/sh -c "$become" goaround-instance "$claim" "$guard" "$token" "$$" "$@" &
child=$!
while :; do
  signalled=
  wait "$child"
  ended=$?
  [ "$ended" = 127 ] && [ -n "$code" ] || code=$ended
  [ -n "$signalled" ] || break
done
printf '%s\\n' "$code" > "$exits.$child.draft" && command -p mv "$exits.$child.draft" "$exits.$child"
kill -s KILL -- -$$
`

export interface Launch {
  /** Absolute path of the command, then its arguments. */
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly claim: string
  readonly exits: string
  readonly guard: string
  readonly token: string
  readonly stopWithinMs: number
  readonly outLog: string
  readonly errLog: string
}

/**
 * Starts an instance that outlives this process. Resolves when its launcher runs; whether it was
 * wanted and came up is seen in the claim. Rejects when the system cannot start processes.
 */
export async function launch(asked: Launch): Promise<void> {
  const out = await open(asked.outLog, 'a', PRIVATE_FILE)
  const err = await open(asked.errLog, 'a', PRIVATE_FILE)
  try {
    const graceSeconds = String(asked.stopWithinMs / 1_000)
    const { exits, claim, guard, token } = asked
    const words = [exits, graceSeconds, CLAIM_AND_BECOME, claim, guard, token, ...asked.argv]
    const child = spawn('/bin/sh', ['-c', WATCH_OVER, 'goaround-instance', ...words], {
      cwd: asked.cwd,
      env: asked.env,
      detached: true,
      stdio: ['ignore', out.fd, err.fd],
    })
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
  } finally {
    await out.close()
    await err.close()
  }
}
