import { processIdentity } from '../../src/drivers/support/process-identity.ts'

const LOOK_EVERY_MS = 5
const PATIENCE_MS = 20_000

/** Looks again and again in real time until it holds. */
export async function eventually(look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`it did not come true within ${PATIENCE_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** Whether a process with this pid lives. A zombie, whose parent is slow to notice its end, does not. */
export async function isRunning(pid: number): Promise<boolean> {
  return (await processIdentity(pid)) !== null
}
