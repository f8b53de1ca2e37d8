import type { Pool, PoolClient } from 'pg'
import type { Result } from '../../core/kernel/result.ts'
import { StoreTrouble } from '../store-trouble.ts'
import { codeOf, isLostConnection } from './trouble.ts'

/** How often a transaction is run again after PostgreSQL sacrificed it to end a deadlock. */
const TRIES_MAX = 3

const DEADLOCK = '40P01'

/**
 * One transaction. A problem undoes it, as an error does. When the connection is lost during the
 * commit nobody can know what became of it, and the trouble says so.
 */
export async function transaction<Value, Problem>(
  pool: Pool,
  where: string,
  work: (client: PoolClient) => Promise<Result<Value, Problem>>,
): Promise<Result<Value, Problem>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(pool, where, work)
    } catch (error) {
      if (codeOf(error) !== DEADLOCK || attempt >= TRIES_MAX) throw error
    }
  }
}

async function once<Value, Problem>(
  pool: Pool,
  where: string,
  work: (client: PoolClient) => Promise<Result<Value, Problem>>,
): Promise<Result<Value, Problem>> {
  const client = await pool.connect()
  let isBroken = false
  try {
    // Named, since a server may have another default; our locks do the rest.
    await client.query('begin isolation level read committed')
    const outcome = await work(client)
    if (outcome.ok) await commit(client, where)
    else await client.query('rollback')
    return outcome
  } catch (error) {
    isBroken = await client.query('rollback').then(
      () => false,
      () => true,
    )
    throw error
  } finally {
    client.release(isBroken)
  }
}

async function commit(client: PoolClient, where: string): Promise<void> {
  try {
    await client.query('commit')
  } catch (error) {
    if (!isLostConnection(error)) throw error
    throw new StoreTrouble(
      'unclear',
      `The connection to the event store ${where} broke while an append was being committed, so it may or may not be recorded. Read the stream before repeating it.`,
      error,
    )
  }
}
