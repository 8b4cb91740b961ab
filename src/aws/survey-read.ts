import type { LambdaClientConfig } from '@aws-sdk/client-lambda';
import type { JsonObject } from '../json.ts';
import type { SendOptions } from './call.ts';

/** What every client of the SDK is built with here. */
export type ClientConfig = Pick<LambdaClientConfig, 'region' | 'requestHandler' | 'endpoint' | 'credentials'>;

/** Makes one call of one API. */
export type Send = (input: JsonObject, options: SendOptions) => Promise<object>;

export interface SurveyRead {
  /** The member that names the next page, in the answer and in the request; absent where there is one page. */
  readonly token?: { readonly answer: string; readonly request: string };
  /** Loads the service's client: these are large, and most processes never collect evidence. */
  open(config: ClientConfig): Promise<Send>;
}
