import { afterEach, beforeEach, describe } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { appendPromises } from './event-store-append.ts'
import { auditPromises } from './event-store-audit.ts'
import { followPromises } from './event-store-follow.ts'
import { listPromises } from './event-store-lists.ts'
import { processPromises } from './event-store-processes.ts'
import { workPromises } from './event-store-work.ts'
import type { Database, World } from './event-store-world.ts'

/** The promises of the event store, the same for every engine. */
export function eventStoreContract(name: string, make: () => Promise<Database>): void {
  describe(`the event store on ${name}`, () => {
    let database: Database
    let store: Store

    beforeEach(async () => {
      database = await make()
      store = await database.open()
    })
    afterEach(() => database.remove())

    const world: World = { database: () => database, store: () => store }
    describe('appending', () => {
      appendPromises(world)
    })
    describe('following', () => {
      followPromises(world)
    })
    describe('work', () => {
      workPromises(world)
    })
    describe('lists and checkpoints', () => {
      listPromises(world)
    })
    describe('the audit trail', () => {
      auditPromises(world)
    })
  })
}

/** The promises of a store that outlives the processes that use it. */
export function durableStoreContract(name: string, make: () => Promise<Database>): void {
  describe(`several processes on ${name}`, () => {
    let database: Database

    beforeEach(async () => {
      database = await make()
    })
    afterEach(() => database.remove())

    processPromises(() => database)
  })
}
