/** What one slice of time brought: `n` requests and `x` events per arm. 1 is the candidate, 0 the control. */
export interface TwoArms {
  readonly n1: number
  readonly x1: number
  readonly n0: number
  readonly x0: number
}
