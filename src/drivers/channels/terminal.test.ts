import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { SAMPLE_MESSAGE } from '../../../test/contracts/channel.ts'
import { openTerminal } from './terminal.ts'

const ask = { effectId: 'e', signal: AbortSignal.timeout(1_000) }

test('a message cannot drive the terminal that it is printed on', async () => {
  const stream = new PassThrough()
  const subject = 'v2 \u001B]0;owned\u0007'
  const text = 'first\u001B[2J\r\n\tsecond ü ✈'

  await openTerminal(stream).deliver({ ...SAMPLE_MESSAGE, subject, text }, ask)

  const printed = String(stream.read())
  // oxlint-disable-next-line no-control-regex
  expect(printed).not.toMatch(/[\u001B\u0007\r]/)
  expect(printed).toContain('\tsecond ü ✈')
})

test('a terminal that is closed is a failure, and the message may be printed later', async () => {
  const stream = new PassThrough()
  stream.end()

  expect(await openTerminal(stream).deliver(SAMPLE_MESSAGE, ask)).toMatchObject({
    ok: false,
    problem: { reason: 'unreachable', retry: 'safe' },
  })
})
