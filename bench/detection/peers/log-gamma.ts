/** Below this the series is not precise; the recurrence brings the argument up to it. */
const SERIES_FROM = 10

/** ln Γ(x) for x > 0, by Stirling's series; exact to about 1e-12. */
export function logGamma(x: number): number {
  let [argument, shift] = [x, 0]
  while (argument < SERIES_FROM) {
    shift -= Math.log(argument)
    argument += 1
  }
  const inverse = 1 / argument
  const square = inverse * inverse
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
  return (
    (argument - 0.5) * Math.log(argument) - argument + Math.log(2 * Math.PI) / 2 + series + shift
  )
}
