import type { z } from 'zod'
import { Defect } from './invariant.ts'

/** The kinds of fact one stream may hold, each with the shape of its data. */
type Shapes = Record<string, z.ZodType>

export type EventOf<S extends Shapes> = {
  [Type in keyof S & string]: { readonly type: Type; readonly data: z.output<S[Type]> }
}[keyof S & string]

/** A fact as the store gives it back: its data was JSON. */
export interface RawEvent {
  readonly type: string
  readonly data: unknown
}

export interface EventCatalog<S extends Shapes> {
  readonly shapes: S
  /** Reads a stored fact. A type or shape that we do not know is a defect: facts are for ever. */
  readonly read: (raw: RawEvent) => EventOf<S>
}

/** Declares the events of one stream. The shapes are the only reading and the only writing. */
export function defineEvents<S extends Shapes>(shapes: S): EventCatalog<S> {
  return {
    shapes,
    read(raw) {
      const shape = shapes[raw.type]
      if (shape === undefined) throw new Defect(`the log holds an unknown event '${raw.type}'`)
      const data = shape.safeParse(raw.data)
      if (!data.success) {
        throw new Defect(`event '${raw.type}' has an unreadable shape: ${data.error.message}`)
      }
      // The catalogue's own shape has just vouched for the data; the type system cannot follow that.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return { type: raw.type, data: data.data } as EventOf<S>
    },
  }
}
