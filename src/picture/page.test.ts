import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Bars } from './bars.ts'
import { drawBars } from './draw-bars.ts'
import { drawPage, PAGE_POLICY } from './page.ts'
import { tableOfBars } from './table.ts'

const BARS: Bars = {
  title: 'Delay',
  description: 'How long each rule takes.',
  value: { label: 'delay (s)', scale: 'linear' },
  series: [
    { name: 'ours', tone: 'one' },
    { name: 'theirs', tone: 'two' },
  ],
  groups: [
    {
      label: 'errors ×10',
      bars: [
        { value: 57, low: 51, high: 62 },
        { value: null, note: 'never' },
      ],
    },
  ],
}

const page = drawPage({
  title: 'Findings <1>',
  lead: 'It "would" have halted.',
  sections: [{ heading: 'Delay', picture: { svg: drawBars(BARS), data: tableOfBars(BARS) } }],
})

describe('a page', () => {
  test('permits its own styles by their hashes, and nothing else', () => {
    const styles = [...page.matchAll(/<style>([^<]*)<\/style>/g)].map(([, style = '']) => style)
    expect(styles).toHaveLength(2)
    for (const style of styles) {
      const digest = createHash('sha256').update(style).digest('base64')
      expect(PAGE_POLICY).toContain(`'sha256-${digest}'`)
    }
    expect(PAGE_POLICY).toMatch(/^default-src 'none';/)
    expect(page).not.toMatch(/ style="/)
  })

  test('escapes what it is given', () => {
    expect(page).toContain('<h1>Findings &lt;1&gt;</h1>')
    expect(page).toContain('It &quot;would&quot; have halted.')
  })

  test('has the numbers of a picture in a table below it', () => {
    expect(page).toContain(
      '<tr><th scope="row">errors ×10</th><td>57 (51 to 62)</td><td>never</td></tr>',
    )
  })
})

describe('bars', () => {
  test('show a dot on a logarithmic axis, where a bar would have no honest beginning', () => {
    const svg = drawBars({ ...BARS, value: { label: 'delay (s)', scale: 'log' } })
    expect(svg).toContain('<circle')
    expect(svg).not.toContain('fill-opacity="0.9"')
  })

  test('say in words what has no number', () => {
    expect(drawBars(BARS)).toContain('>never</text>')
  })
})
