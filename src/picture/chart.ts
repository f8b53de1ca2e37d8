import type { Axis } from './scale.ts'
import type { Tone } from './tone.ts'

/** One measured place. `y` null interrupts the line: nothing was known there. */
export interface Point {
  readonly x: number
  readonly y: number | null
  /** Ends of the interval in which the truth is believed to lie. */
  readonly low?: number
  readonly high?: number
}

/** Points that belong together. `step` holds a value until the next; `band` fills between the intervals' ends. */
export interface Series {
  readonly name: string
  readonly tone: Tone
  readonly shape: 'line' | 'step' | 'dots'
  readonly points: readonly Point[]
  /** How intervals are shown where points have them; error bars otherwise. */
  readonly interval?: 'band' | 'bars'
}

/** A line across the picture at a value that means something: a limit, a target. */
export interface Reference {
  readonly axis: 'x' | 'y'
  readonly at: number
  readonly label: string
  readonly tone: Tone
}

/** A stretch of the x axis. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly label: string
  readonly tone: Tone
}

/** A row below the plot that shows what state held when, on the same x axis. */
export interface Lane {
  readonly name: string
  readonly spans: readonly Span[]
}

/** Lines over a common x axis, with everything that explains them. */
export interface Chart {
  readonly title: string
  /** What the picture shows, in a sentence for those who cannot see it. */
  readonly description: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  readonly references?: readonly Reference[]
  /** Stretches of x that are tinted behind the lines. */
  readonly shades?: readonly Span[]
  /** Things that happened: a vertical line with its label above the plot. */
  readonly markers?: readonly { readonly at: number; readonly label: string; readonly tone: Tone }[]
  readonly lanes?: readonly Lane[]
  /** In pixels of the picture's own space; it scales to where it is shown. */
  readonly width?: number
  readonly height?: number
}
