import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { goaround } from '../support/terminal.ts'

const HOUR = 3_600_000
const T = 20_000 * 24 * HOUR

test('goaround attribute names the rollout to blame from a file, and writes the evidence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'goaround-attribute-'))
  try {
    const nodes = ['a', 'b', 'c', 'd', 'e'].flatMap((cluster) =>
      Array.from({ length: 20 }, (_, k) => ({ node: `${cluster}${k}`, cluster })),
    )
    const reached = nodes.filter((_, k) => k % 20 < 6 && k < 60)
    const rows = [
      ...nodes,
      ...reached.map((home) => ({ rollout: 'shop-7', ...home, at: T })),
      ...reached.map(({ node }, k) => ({ signature: 'crash', node, at: T + HOUR + k * 1_000 })),
    ]
    const data = join(folder, 'facts.jsonl')
    const html = join(folder, 'evidence.html')
    writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'))
    const { out, exit } = await goaround(['attribute', '--data', data, '--html', html])
    expect(out).toContain('shop-7 is to blame, of 1 rollouts.')
    expect(exit).toBe(3)
    expect(readFileSync(html, 'utf8')).toContain('shop-7 is blamed: crash')
    const json = await goaround(['attribute', '--data', data, '--json'])
    expect(JSON.parse(json.out)).toMatchObject({
      rollouts: [{ rollout: 'shop-7', standing: 'blamed' }],
    })
    const missing = await goaround(['attribute', '--data', join(folder, 'nothing')])
    expect(missing.exit).toBe(2)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
