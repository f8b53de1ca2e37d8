import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

/** Statements of one connection, each prepared once. `Row` is what the SQL beside it selects. */
export interface Statements {
  // The caller alone can name the row: it stands beside the SQL.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  readonly all: <Row>(sql: string, ...values: readonly SQLInputValue[]) => readonly Row[]
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  readonly first: <Row>(sql: string, ...values: readonly SQLInputValue[]) => Row | null
  /** The number of rows that changed. */
  readonly run: (sql: string, ...values: readonly SQLInputValue[]) => number
}

/** Keeps the prepared statements of a connection by their text; the texts are constants, so they are few. */
export function statementsOf(db: DatabaseSync): Statements {
  const prepared = new Map<string, StatementSync>()

  return { all, first, run }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  function all<Row>(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    // The schema is strict and the SQL stands beside the type; SQLite cannot tell TypeScript so.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return statement(sql)
      .all(...values)
      .map((row) => ({ ...row })) as unknown as readonly Row[]
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  function first<Row>(sql: string, ...values: readonly SQLInputValue[]): Row | null {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return (statement(sql).get(...values) ?? null) as unknown as Row | null
  }

  function run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(statement(sql).run(...values).changes)
  }

  function statement(sql: string): StatementSync {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const made = db.prepare(sql)
    prepared.set(sql, made)
    return made
  }
}
