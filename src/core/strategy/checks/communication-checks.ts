import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import { type Check, check } from './check.ts'
import { repeatedNames, unknownName } from './names.ts'

const CHANNELS: Path = ['communication', 'channels']
const AUDIENCES: Path = ['communication', 'audiences']

/** Everybody who is promised news can be reached. */
export const COMMUNICATION_CHECKS: readonly Check[] = [
  check(['communication'], ({ communication: { channels, audiences } }) => [
    ...repeatedNames(channels, CHANNELS, 'channel'),
    ...repeatedNames(audiences, AUDIENCES, 'audience'),
  ]),
  check(['communication'], ({ communication: { channels, audiences } }) => {
    const known = channels.map(({ name }) => name)
    return audiences.flatMap(({ channel }, index) => {
      if (known.includes(channel)) return []
      const path = [...AUDIENCES, index, 'channel']
      const where = 'communication.channels'
      return [unknownName(channel, known, { path, what: 'channel', where })]
    })
  }),
  check(['communication'], ({ communication: { channels } }) =>
    channels.flatMap((channel, index): readonly Remark[] => {
      if (channel.driver !== 'smtp') return []
      if ((channel.user === undefined) === (channel.password === undefined)) return []
      const has = channel.user === undefined ? 'password' : 'user'
      const lacks = has === 'user' ? 'password' : 'user'
      return [
        {
          severity: 'error',
          path: [...CHANNELS, index, has],
          atName: true,
          found: `"${has}" without "${lacks}"`,
          expected: 'both, or neither for a relay that asks for none',
          fix: `add "${lacks}", or remove "${has}"`,
        },
      ]
    }),
  ),
]
