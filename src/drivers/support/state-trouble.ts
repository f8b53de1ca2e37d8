import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result } from '../../core/kernel/result.ts'

/**
 * Runs work on a folder of state and turns what the file system throws into a failure, since
 * drivers never throw. What was half done is found again by looking.
 */
export async function withStateTrouble<Value>(
  folder: string,
  work: () => Promise<Result<Value, DriverFailure>>,
): Promise<Result<Value, DriverFailure>> {
  try {
    return await work()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const what = `the state in ${folder} could not be read or written: ${why}`
    return no(failure('unclear', 'after-looking', what))
  }
}
