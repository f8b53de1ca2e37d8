import type { Axis } from './scale.ts'
import type { Tone } from './tone.ts'

/** One number with the interval in which the truth is believed to lie; null where there is none to show. */
export interface Bar {
  readonly value: number | null
  readonly low?: number
  readonly high?: number
  /** Said in place of a value: `never`, `not measured`. */
  readonly note?: string
}

/**
 * Numbers side by side: one block of rows per group, one row per series within it. On a
 * logarithmic axis a bar would have no honest beginning, so a dot stands for it.
 */
export interface Bars {
  readonly title: string
  readonly description: string
  readonly value: Axis
  readonly series: readonly { readonly name: string; readonly tone: Tone }[]
  /** `bars` in the order of the series. */
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[]
  readonly references?: readonly {
    readonly at: number
    readonly label: string
    readonly tone: Tone
  }[]
  readonly width?: number
}
