import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import type { Strategy } from '../schema.ts'
import { unknownVariable, variablesIn } from './query-checks.ts'

type Source = Strategy['detection']['sources'][number]
type Otlp = Extract<Source, { driver: 'otlp' }>

/** Addresses that only the machine itself can reach. */
const OWN = /^(?:localhost|127\.\d+\.\d+\.\d+):/

/**
 * Where metrics are pushed to, a stranger could push an outage, or a release that looks well; so an address
 * that others can reach needs a token. And what is pushed must say which arm it is of.
 */
export function otlpChecks(sources: readonly Source[]): readonly Remark[] {
  return sources.flatMap((source, index) => {
    if (source.driver !== 'otlp') return []
    const path: Path = ['detection', 'sources', index]
    return [...needsToken(source, path), ...tellsArmsApart(source, path)]
  })
}

function needsToken({ listen, bearer }: Otlp, path: Path): readonly Remark[] {
  if (bearer !== undefined || OWN.test(listen)) return []
  return [
    {
      severity: 'error',
      path: [...path, 'listen'],
      found: `metrics taken in on ${listen} from anybody who can reach it`,
      expected: 'a token, or an address that only this machine can reach',
      fix: 'add "bearer: { env: OTLP_TOKEN }", or listen on 127.0.0.1',
    },
  ]
}

function tellsArmsApart({ select }: Otlp, path: Path): readonly Remark[] {
  const texts = Object.entries(select)
  const strange = texts.flatMap(([name, text]) =>
    variablesIn(text).strange.map((word) => unknownVariable(word, [...path, 'select', name])),
  )
  if (strange.length > 0 || texts.some(([, text]) => variablesIn(text).apart)) return strange
  return [
    {
      severity: 'error',
      path: [...path, 'select'],
      found: 'attributes that are the same for the candidate and the control',
      expected: '"$stack" or "$release" in one of them, so that the two can be compared',
      fix: 'select by service.version: $release, or by an attribute of your own that holds $stack',
    },
  ]
}
