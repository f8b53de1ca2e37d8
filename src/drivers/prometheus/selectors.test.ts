import { describe, expect, it } from 'vitest'
import { selectorsOf } from './selectors.ts'

const texts = (query: string) => selectorsOf(query).map(({ text }) => text)

describe('the selectors of an expression', () => {
  it.each([
    ['up', ['up']],
    ['up{job="a"}', ['up{job="a"}']],
    ['{__name__="up", job=~"a|b"}', ['{__name__="up",job=~"a|b"}']],
    ['sum(http_requests_total{code=~"5.."})', ['http_requests_total{code=~"5.."}']],
    ['sum by (le) (rate(x_bucket{a="1"}[5m]))', ['x_bucket{a="1"}']],
    ['sum(rate(x[5m] offset 1h)) without (pod)', ['x']],
    ['a / on (pod, x) group_left (y) b{c="d"} * 100', ['a', 'b{c="d"}']],
    ['sum(errors_total) or vector(0)', ['errors_total']],
    ['x{a="} or up{b=\\"c"}', ['x{a="} or up{b=\\"c"}']],
    ["x{a='}', b=`{`}", ["x{a='}',b=`{`}"]],
    ['a # b{c="d"}\n+ e', ['a', 'e']],
    ['vector(1) + time() + 3e5 + 0x1f + Inf', []],
    ['job:requests:sum @ 1700000000', ['job:requests:sum']],
    ['topk by (pod) (3, x unless y)', ['x', 'y']],
    ['sum', ['sum']],
    ['x{a="1"', []],
    ['', []],
  ])('%s', (query, expected) => {
    expect(texts(query)).toEqual(expected)
  })

  it('tell their metric and the labels that they match', () => {
    expect(selectorsOf('sum(x{code=~"5..", job!="b", __name__="x"}) + {z="1"}')).toMatchObject([
      { metric: 'x', labels: ['code', 'job'] },
      { metric: null, labels: ['z'] },
    ])
  })
})
