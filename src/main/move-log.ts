import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { MoveLogOptions } from '../cli/actions.ts'
import { EXIT } from '../cli/exit-codes.ts'
import type { Io } from '../cli/io.ts'
import { exportEvents } from '../store/export-events.ts'
import { importEvents } from '../store/import-events.ts'
import { openStore } from '../store/open-store.ts'
import type { Store } from '../store/store.ts'
import { StoreTrouble } from '../store/store-trouble.ts'

/** What the operating system says of a file. */
const SystemTrouble = z.object({
  code: z.string().default(''),
  path: z.string().default(''),
})

/** Only the owner reads an export: it holds everything that the log holds. */
const PRIVATE_FILE = 0o600

/**
 * `goaround export`: writes the whole log as lines of JSON. The file appears under its name only
 * when it is whole, and never replaces another one.
 */
export function exportLog(options: MoveLogOptions, io: Io): Promise<number> {
  return withStore(options, io, async (store) => {
    const path = resolve(io.cwd, options.file)
    const draft = `${path}.${randomUUID().slice(0, 8)}.part`
    const target = await open(path, 'wx', PRIVATE_FILE)
    await target.close()
    let lines = 0
    try {
      const file = await open(draft, 'wx', PRIVATE_FILE)
      try {
        for await (const line of exportEvents(store)) {
          await file.write(line)
          lines += 1
        }
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(draft, path)
    } catch (error) {
      await Promise.all([rm(draft, { force: true }), rm(path, { force: true })])
      throw error
    }
    io.stdout.write(`${path} holds the log of ${store.where}, ${lines} lines.\n`)
    return EXIT.done
  })
}

/** `goaround import`: reads an export into an empty log, and checks each event as it comes in. */
export function importLog(options: MoveLogOptions, io: Io): Promise<number> {
  return withStore(options, io, async (store) => {
    const source = createReadStream(resolve(io.cwd, options.file), 'utf8')
    const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })
    // Without this a file that does not exist would end the process before anybody is told.
    const broken = new Promise<never>((_resolve, reject) => source.once('error', reject))
    const { events, views } = await Promise.race([importEvents(store, lines), broken])
    io.stdout.write(`${store.where} now holds ${events} events and ${views} list entries.\n`)
    return EXIT.done
  })
}

async function withStore(
  { stateDir, storeUrl }: MoveLogOptions,
  io: Io,
  work: (store: Store) => Promise<number>,
): Promise<number> {
  const url = storeUrl ?? `sqlite:${join(resolve(io.cwd, stateDir), 'goaround.db')}`
  let store: Store | null = null
  try {
    store = await openStore(url)
    return await work(store)
  } catch (error) {
    const isKnown = error instanceof StoreTrouble || (error instanceof Error && 'code' in error)
    if (!isKnown) throw error
    io.stderr.write(`✖ ${sayTrouble(error)}\n`)
    return EXIT.usage
  } finally {
    await store?.close()
  }
}

function sayTrouble(error: Error): string {
  const { code, path } = SystemTrouble.parse(Object(error))
  if (code === 'EEXIST') return `${path} exists already; name a new file`
  if (code === 'ENOENT') return `${path} does not exist`
  return error.message
}
