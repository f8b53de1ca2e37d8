import type { Verdict } from '../../core/words/verdict.ts'
import type { Ink } from './ink.ts'

/** A verdict as one coloured word. The five are never merged. */
export function verdictMark(kind: Verdict['kind'], ink: Ink): string {
  switch (kind) {
    case 'pass':
      return ink.green('pass')
    case 'fail':
      return ink.red(ink.bold('fail'))
    case 'inconclusive':
      return ink.yellow('inconclusive')
    case 'error':
      return ink.magenta('error')
    case 'no-data':
      return ink.magenta('no data')
  }
}
