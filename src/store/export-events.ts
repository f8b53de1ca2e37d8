import { PAGE_MAX } from './limits.ts'
import type { Store } from './store.ts'

/** The first line of an export, which names its shape. */
export const EXPORT_FORMAT = 1

/**
 * Writes a whole log as lines of JSON: a first line that names the format, then the events in the
 * order in which readers see them, anchors, lists and due work, and a last line that counts them, so that a
 * file that was cut off is noticed. It is the way to another engine or a new major version of one.
 * Command ids, leases and checkpoints stay behind. Stop goaround first: lists are newer than events otherwise.
 */
export async function* exportEvents(store: Store): AsyncGenerator<string> {
  yield lineOf({ kind: 'export', format: EXPORT_FORMAT })
  let events = 0
  let after: string | null = null
  for (;;) {
    const page: Awaited<ReturnType<Store['follow']>> = await store.follow(after, PAGE_MAX)
    for (const event of page) yield lineOf({ kind: 'event', event })
    events += page.length
    const last = page.at(-1)
    if (last === undefined) break
    after = last.position
  }
  yield* exportAnchors(store)
  yield* exportViews(store)
  yield* exportWork(store)
  yield lineOf({ kind: 'end', events })
}

async function* exportAnchors(store: Store): AsyncGenerator<string> {
  let after = 0
  for (;;) {
    const page = await store.anchors(after, PAGE_MAX)
    for (const anchor of page) yield lineOf({ kind: 'anchor', anchor })
    const last = page.at(-1)
    if (last === undefined) return
    after = last.number
  }
}

async function* exportViews(store: Store): AsyncGenerator<string> {
  let after: Parameters<Store['allViews']>[0] = null
  for (;;) {
    const page: Awaited<ReturnType<Store['allViews']>> = await store.allViews(after, PAGE_MAX)
    for (const view of page) yield lineOf({ kind: 'view', view })
    const last = page.at(-1)
    if (last === undefined) return
    after = last
  }
}

async function* exportWork(store: Store): AsyncGenerator<string> {
  let after: string | null = null
  for (;;) {
    const page: Awaited<ReturnType<Store['allWork']>> = await store.allWork(after, PAGE_MAX)
    for (const work of page) yield lineOf({ kind: 'work', work })
    const last = page.at(-1)
    if (last === undefined) return
    after = last.key
  }
}

function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}
