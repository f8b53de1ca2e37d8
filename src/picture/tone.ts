/**
 * What a mark means, as a colour. The names say the meaning so that a picture keeps it in light, in
 * dark and in print: `one` to `six` tell series apart, `quiet` and `ink` stand back, the others judge.
 */
export type Tone =
  | 'one'
  | 'two'
  | 'three'
  | 'four'
  | 'five'
  | 'six'
  | 'good'
  | 'bad'
  | 'unsure'
  | 'unknown'
  | 'quiet'
  | 'ink'

interface Paint {
  readonly light: string
  readonly dark: string
  /** A second way to tell lines apart, for those who do not see the colours. */
  readonly dash: string | null
}

/** The paper and what is written on it. */
export const PAPER = { light: '#ffffff', dark: '#15181c' }
export const TEXT = { light: '#1b1f24', dark: '#e6e9ed' }
export const FAINT = { light: '#d9dde2', dark: '#343a42' }

/**
 * Each has a contrast of at least 3:1 on its own background (WCAG 2.2, 1.4.11). The first six keep
 * their distance under the common kinds of colour blindness (after Okabe and Ito, 2008).
 */
export const PAINTS: Readonly<Record<Tone, Paint>> = {
  one: { light: '#0b63a5', dark: '#6cb6f5', dash: null },
  two: { light: '#b85400', dark: '#f5a04c', dash: '7 3' },
  three: { light: '#00785a', dark: '#3fd0a4', dash: '2 3' },
  four: { light: '#a1407b', dark: '#e58fc2', dash: '10 3 2 3' },
  five: { light: '#5d5f00', dark: '#d3cf52', dash: '5 5' },
  six: { light: '#5b4bb0', dark: '#b3a7f7', dash: '1 2' },
  good: { light: '#17803d', dark: '#4cc777', dash: null },
  bad: { light: '#c01f1f', dark: '#ff7b72', dash: null },
  unsure: { light: '#966400', dark: '#e3b341', dash: null },
  unknown: { light: '#8440b3', dark: '#cf9df5', dash: null },
  quiet: { light: '#6a6f76', dark: '#9aa2ac', dash: '4 4' },
  ink: { ...TEXT, dash: null },
}

export const SERIES_TONES = ['one', 'two', 'three', 'four', 'five', 'six'] as const

/**
 * The style of every picture. Colours stand in the marks' attributes too, for light paper, so that
 * a picture stays readable where a page's policy refuses styles.
 */
export const PICTURE_STYLE = [
  '.ga-figure{max-width:100%;height:auto}',
  '@media (prefers-color-scheme:dark){',
  `.ga-paper{fill:${PAPER.dark}}.ga-text{fill:${TEXT.dark}}.ga-halo{stroke:${PAPER.dark}}.ga-grid{stroke:${FAINT.dark}}.ga-axis{stroke:${PAINTS.quiet.dark}}`,
  ...Object.entries(PAINTS).map(
    ([tone, { dark }]) => `.ga-line-${tone}{stroke:${dark}}.ga-fill-${tone}{fill:${dark}}`,
  ),
  '}',
].join('')
