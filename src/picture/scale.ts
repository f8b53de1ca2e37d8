import {
  DAY,
  HOUR,
  isoInstant,
  MINUTE,
  type Millis,
  SECOND,
  sayDuration,
} from '../core/kernel/instant.ts'

/**
 * How values lie along an axis. `time` takes instants (epoch ms, written in UTC), `duration`
 * lengths of time in ms, `log` positive numbers.
 */
export type ScaleKind = 'linear' | 'log' | 'time' | 'duration'

/** An axis as its picture has it: what it measures, in which unit, and from where to where. */
export interface Axis {
  /** What is measured and in which unit: `latency (ms)`, `time (UTC)`. */
  readonly label: string
  readonly scale: ScaleKind
  /** Where it begins and ends; the data decide where nothing is said. */
  readonly from?: number
  readonly to?: number
  /** How a value is written; a sensible way otherwise. */
  readonly say?: (value: number) => string
}

export interface Tick {
  readonly value: number
  readonly label: string
}

/** An axis with its values laid out over a stretch of pixels. */
export interface Scale {
  readonly from: number
  readonly to: number
  readonly ticks: readonly Tick[]
  /** The pixel of a value; null where it has none, as zero on a logarithmic axis. */
  readonly at: (value: number) => number | null
  readonly say: (value: number) => string
}

/** Numbers beyond this measure nothing; their differences would not fit into a number either. */
const VALUE_MAX = 1e150
/** Values closer together than this share of their size are the same to a picture. */
const APART_MIN = 1e-12
/** More ticks than this are a sign that their step was lost in rounding. */
const TICKS_MAX = 60

/** Room around the data, as a share of their range, so that no mark sits on the frame. */
const MARGIN = 0.04

/** Lays an axis out over the pixels from `start` to `end`, with about as many ticks as are asked for. */
export function scaleOf(
  axis: Axis,
  values: readonly number[],
  pixels: { readonly start: number; readonly end: number; readonly ticks: number },
): Scale {
  const [from, to] = rangeOf(axis, values)
  const map = axis.scale === 'log' ? Math.log10 : (value: number) => value
  const [low, high] = [map(from), map(to)]
  const say = axis.say ?? ((value: number) => sayOn(axis.scale, value, to - from))
  return {
    from,
    to,
    say,
    ticks: ticksOf(axis.scale, from, to, pixels.ticks).map((value) => ({
      value,
      label:
        axis.scale === 'time' && axis.say === undefined ? sayTick(value, to - from) : say(value),
    })),
    at: (value) => {
      if (Math.abs(value) > VALUE_MAX) return null
      const pixel = pixels.start + ((map(value) - low) / (high - low)) * (pixels.end - pixels.start)
      return Number.isFinite(pixel) ? pixel : null
    },
  }
}

function rangeOf(axis: Axis, values: readonly number[]): readonly [number, number] {
  const usable = values.filter(
    (value) => Math.abs(value) <= VALUE_MAX && (axis.scale !== 'log' || value >= 1 / VALUE_MAX),
  )
  const least = axis.from ?? usable.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = axis.to ?? usable.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  if (!Number.isFinite(least) || !Number.isFinite(most))
    return axis.scale === 'log' ? [1, 10] : [0, 1]
  return axis.scale === 'log' ? logRange(axis, least, most) : linearRange(axis, least, most)
}

function logRange(axis: Axis, least: number, most: number): readonly [number, number] {
  const from = Math.max(least, Number.MIN_VALUE)
  const to = Math.max(most, from)
  if (from === to) return [axis.from ?? from / 2, axis.to ?? to * 2]
  const room = (to / from) ** MARGIN
  return [axis.from ?? from / room, axis.to ?? to * room]
}

function linearRange(axis: Axis, least: number, most: number): readonly [number, number] {
  const timed = axis.scale === 'time' || axis.scale === 'duration'
  const size = Math.max(Math.abs(least), Math.abs(most), 1 / VALUE_MAX)
  if (most - least <= size * APART_MIN) {
    const room = timed ? MINUTE : Math.max(1, Math.abs(least) / 2)
    return [axis.from ?? least - (timed ? 0 : room), axis.to ?? least + room]
  }
  // Time has no room at its sides: what lies outside the data would look measured.
  const room = timed ? 0 : (most - least) * MARGIN
  // A scale that only just misses zero begins there; a quantity that cannot be negative stays so.
  const floor = least >= 0 && least - room < 0 ? 0 : least - room
  return [axis.from ?? floor, axis.to ?? most + room]
}

const NICE_TIMES: readonly Millis[] = [
  [1, 2, 5, 10, 20, 50, 100, 200, 500],
  [1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  [1, 2, 3, 6, 12].map((n) => n * HOUR),
  [1, 2, 7, 14, 28, 56, 182, 364].map((n) => n * DAY),
].flat()

function ticksOf(kind: ScaleKind, from: number, to: number, about: number): readonly number[] {
  if (kind === 'log') return logTicks(from, to, about)
  const rough = (to - from) / Math.max(1, about)
  const timed = kind !== 'linear'
  const step = timed ? (NICE_TIMES.find((nice) => nice >= rough) ?? rough) : niceStep(rough)
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)
  const count = last - first + 1
  if (!(count > 0 && count <= TICKS_MAX)) return []
  return Array.from({ length: count }, (_, i) => tidy((first + i) * step))
}

function niceStep(rough: number): number {
  const decade = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((nice) => nice * decade >= rough * (1 - 1e-9)) ?? 10
  return factor * decade
}

/** Decades; between few decades also 2 and 5; over many only every so many. */
function logTicks(from: number, to: number, about: number): readonly number[] {
  const [first, last] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))]
  const decades = last - first
  const every = Math.max(1, Math.ceil(decades / Math.max(1, about)))
  const within = decades * 3 <= about + 2 ? [1, 2, 5] : [1]
  const ticks: number[] = []
  for (let power = first; power <= last; power += 1) {
    if (power % every !== 0) continue
    for (const factor of within) {
      const value = tidy(factor * 10 ** power)
      if (value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9)) ticks.push(value)
    }
  }
  return ticks
}

/** Takes away what binary fractions add: 0.30000000000000004. */
function tidy(value: number): number {
  return Number(value.toPrecision(12))
}

function sayOn(kind: ScaleKind, value: number, range: number): string {
  if (kind === 'time') return sayInstant(value, range)
  if (kind === 'duration') return value === 0 ? '0' : sayDuration(value)
  return sayNumber(value)
}

/** A number without needless digits: `0.05`, `1,250`, `3.2e+7`. */
export function sayNumber(value: number): string {
  const size = Math.abs(value)
  if (value === 0) return '0'
  if (size >= 1e7 || size < 1e-4) return value.toExponential(1).replace('.0e', 'e')
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 4
  const [whole = '0', part = ''] = String(Number(value.toFixed(digits))).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return part === '' ? grouped : `${grouped}.${part}`
}

function sayInstant(at: number, range: Millis): string {
  const [day = '', clock = ''] = isoInstant(Math.round(at)).split('T')
  if (range >= 2 * DAY) return `${day} ${clock.slice(0, 5)}`
  return range < 10 * SECOND ? clock.slice(0, 12) : clock.slice(0, 8)
}

/** A tick at midnight names the day, for then the clock says nothing. */
function sayTick(at: number, range: Millis): string {
  const [day = '', clock = ''] = isoInstant(Math.round(at)).split('T')
  if (at % DAY === 0) return day
  if (range >= 20 * MINUTE) return clock.slice(0, 5)
  return range < 10 * SECOND ? clock.slice(6, 12) : clock.slice(0, 8)
}
