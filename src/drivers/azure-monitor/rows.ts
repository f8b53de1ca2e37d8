import type { Instant } from '../../core/kernel/instant.ts'
import type { Table } from './api.ts'

/** One count of the answer. */
export interface Row {
  /** The leg of the query. */
  readonly key: string
  readonly part: string
  readonly bucket: number
  readonly bin: Instant
  readonly n: number
  readonly newest: Instant
}

/** Numbers come as numbers or as texts, times as ISO texts; what is neither is left out. */
export function rowsOf({ columns, rows }: Table): readonly Row[] {
  const place = (name: string) => columns.findIndex((column) => column.name === name)
  const at = {
    key: place('goaround_key'),
    bucket: place('goaround_bucket'),
    bin: place('goaround_bin'),
    n: place('goaround_n'),
    newest: place('goaround_newest'),
  }
  return rows.flatMap((row) => {
    const tag = row[at.key]
    const [key, part] = typeof tag === 'string' ? tag.split('/') : []
    const [bucket, n] = [numberIn(row[at.bucket]), numberIn(row[at.n])]
    const [bin, newest] = [instantIn(row[at.bin]), instantIn(row[at.newest])]
    if (key === undefined || part === undefined) return []
    if (bucket === null || n === null || bin === null || newest === null) return []
    return [{ key, part, bucket, n, bin, newest }]
  })
}

function numberIn(cell: unknown): number | null {
  const value = typeof cell === 'string' && cell !== '' ? Number(cell) : cell
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function instantIn(cell: unknown): Instant | null {
  const value = typeof cell === 'string' ? Date.parse(cell) : Number.NaN
  return Number.isFinite(value) ? value : null
}
