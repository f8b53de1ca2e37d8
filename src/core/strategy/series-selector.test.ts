import { describe, expect, it } from 'vitest'
import { matches, readSelector } from './series-selector.ts'

function read(text: string) {
  const selector = readSelector(text)
  if (!selector.ok) throw new Error(selector.expected)
  return selector.value
}

describe('a selector', () => {
  it('names metrics and compares attributes', () => {
    expect(read(' a.b{ c.d >= 500, e="x\\"y" ,} or f ')).toEqual([
      {
        metric: 'a.b',
        matchers: [
          { attribute: 'c.d', operator: '>=', value: '500' },
          { attribute: 'e', operator: '=', value: 'x"y' },
        ],
      },
      { metric: 'f', matchers: [] },
    ])
  })

  it.each([
    ['', 1, 'the name of a metric'],
    ['sum(a)', 4, '"{", "or" or the end'],
    ['a{b}', 4, 'one of ='],
    ['a{b=c}', 5, 'a text in double quotes'],
    ['a{b="c"', 8, '"," or "}"'],
    ['a{b>"x"}', 5, 'a number'],
    ['a{b=~"("}', 6, 'a regular expression'],
    ['a or', 5, 'the name of a metric'],
    ['a{,}', 3, 'the name of an attribute'],
  ])('that is wrong is told where: %s', (text, at, expected) => {
    const selector = readSelector(text)
    expect(selector).toMatchObject({ ok: false, at })
    expect(selector.ok ? '' : selector.expected).toContain(expected)
  })
})

describe('an attribute', () => {
  it.each([
    ['a{s>=500}', { s: 503 }, true],
    ['a{s>=500}', { s: '503' }, true],
    ['a{s>=500}', { s: 404 }, false],
    ['a{s>=500}', {}, false],
    ['a{s<500}', {}, false],
    ['a{e!=""}', {}, false],
    ['a{e!=""}', { e: 'timeout' }, true],
    ['a{e=true}', { e: true }, true],
    ['a{r=~"/api/.*"}', { r: '/api/x' }, true],
    ['a{r=~"api"}', { r: '/api/x' }, false],
    ['a{r!~"/health|/ready"}', { r: '/x' }, true],
  ])('%s on %j: %s', (text, attributes, expected) => {
    expect(matches(read(text)[0]?.matchers ?? [], attributes)).toBe(expected)
  })
})
