import type { SurveyCall, SurveyPort } from '../action/survey-port.ts';
import type { JsonObject } from '../json.ts';
import type { Caller } from './call.ts';
import { once } from './once.ts';
import { pages } from './pages.ts';
import { plain } from './plain.ts';
import type { ClientConfig, Send, SurveyRead } from './survey-read.ts';

const reads = once(() => import('./survey-reads.ts'));

/**
 * The survey port over clients that are loaded when they are first needed. Times and failures are the
 * caller's (see `call.ts`).
 */
export function surveyPort(
  config: ClientConfig,
  call: Caller,
  loading: <Result>(work: Promise<Result>) => Promise<Result>,
): SurveyPort {
  const opened = new Map<string, Promise<Send>>();
  const sender = async (name: SurveyCall, region: string | undefined): Promise<[SurveyRead, Send]> => {
    const { SURVEY_READS } = await loading(reads());
    const read = SURVEY_READS[name];
    const key = `${name} ${region ?? ''}`;
    const known =
      opened.get(key) ?? loading(read.open(region === undefined ? config : { ...config, region }));
    opened.set(key, known);
    return [read, await known];
  };
  return {
    async *pages({ call: name, input, region }) {
      const [read, send] = await sender(name, region);
      yield* pages<JsonObject>(name, async (marker) => {
        const asked =
          marker === undefined || read.token === undefined
            ? input
            : { ...input, [read.token.request]: marker };
        const answer = plain(await call(name, (options) => send(asked, options)));
        const next = read.token === undefined ? undefined : answer[read.token.answer];
        return { page: answer, next: typeof next === 'string' ? next : undefined };
      });
    },
  };
}
