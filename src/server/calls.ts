import type {
  AnswerOf,
  BodyOf,
  EndpointName,
  Endpoints,
  ParamsOf,
  QueryOf,
} from '../contract/endpoints.ts'
import type { Result } from '../core/kernel/result.ts'
import type { From } from '../engine/control.ts'
import type { Ask } from './answers.ts'
import type { Trouble } from './problems.ts'

/** One request that was read, checked and let in. */
export interface Call<Name extends EndpointName> {
  readonly params: ParamsOf<Name>
  readonly query: QueryOf<Name>
  readonly body: BodyOf<Name>
  /** The body as it came, for whoever has to check a signature. */
  readonly text: string
  /** Who asks, and what a second request with the same name would be called. */
  readonly from: From
}

/** Translates in, calls, translates out. */
type Handler<Name extends EndpointName> = (
  call: Call<Name>,
  context: Ask,
) => Promise<Result<AnswerOf<Name>, Trouble>>

/** Answers with a stream instead of a document. */
export type StreamHandler<Name extends EndpointName> = (
  call: Call<Name>,
  context: Ask,
) => Promise<Result<Response, Trouble>>

/** A handler for every endpoint: one that is missing does not compile. */
export type Handlers = {
  readonly [Name in EndpointName]: Endpoints[Name]['answer'] extends null
    ? StreamHandler<Name>
    : Handler<Name>
}
