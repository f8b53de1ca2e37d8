import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pause } from './pause.ts'
import { takeTurn } from './turn.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goaround-turn-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const soon = () => AbortSignal.timeout(10_000)

describe('a turn', () => {
  it('is had by one at a time, however many want it', async () => {
    let inside = 0
    let most = 0
    const numbers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const turn = await takeTurn(folder, soon())
        if (turn === null) return 0
        inside += 1
        most = Math.max(most, inside)
        await pause(2)
        inside -= 1
        await turn.end()
        return turn.number
      }),
    )
    expect(most).toBe(1)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
  })

  it('leaves one file behind and not one for each', async () => {
    for (let turns = 0; turns < 5; turns += 1) await (await takeTurn(folder, soon()))?.end()
    expect(await readdir(folder)).toEqual(['5'])
  })

  it('is not had when the time runs out before it ends', async () => {
    await takeTurn(folder, soon())
    expect(await takeTurn(folder, AbortSignal.timeout(100))).toBeNull()
  })

  it('of a process that was killed is over', async () => {
    const program = `
      import { takeTurn } from ${JSON.stringify(new URL('./turn.ts', import.meta.url).pathname)}
      await takeTurn(${JSON.stringify(folder)}, AbortSignal.timeout(10_000))
      process.stdout.write('mine')
      setInterval(() => undefined, 60_000)`
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => {
      holder.stdout.once('data', resolve)
    })
    expect(await takeTurn(folder, AbortSignal.timeout(150))).toBeNull()
    holder.kill('SIGKILL')
    const turn = await takeTurn(folder, soon())
    expect(turn?.number).toBe(2)
  })
})
