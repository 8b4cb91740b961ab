import type { Json, JsonObject } from '../../json.ts';
import type { World } from '../world/world.ts';
import { ExerciseError } from './error.ts';

/** What a person does in the account, as the scenario says it. */
export type AccountAct =
  | { readonly service: 'iam'; readonly action: string; readonly parameters: JsonObject }
  /** Puts the package of a published version back, as a deploy of the reviewed release does. */
  | {
      readonly service: 'lambda';
      readonly redeploy: { readonly function: string; readonly version: string };
    };

/**
 * Does something in the simulated account as a person would, with a user's own key: one request to its
 * API. Returns the account's answer: `ok`, or its error code.
 */
export async function actInAccount(
  world: World,
  accessKeyId: string,
  act: AccountAct,
  now: Date,
): Promise<string> {
  const region = act.service === 'iam' ? 'us-east-1' : (world.regions[0] ?? '');
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  // The account does not recompute signatures (see its credentials.ts); the key id says who it is.
  const scope = `${accessKeyId}/${day}/${region}/${act.service}/aws4_request`;
  const { path, ...request } = requestFor(world, act);
  const response = await world.fetch(
    new Request(`https://world.invalid${path}`, {
      ...request,
      headers: {
        'content-type': request.contentType,
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
    }),
  );
  if (response.ok) return 'ok';
  const code =
    response.headers.get('x-amzn-errortype') ?? /<Code>([^<]+)<\/Code>/.exec(await response.text())?.[1];
  return code ?? `HTTP ${response.status}`;
}

function requestFor(
  world: World,
  act: AccountAct,
): { readonly method: string; readonly path: string; readonly body: string; readonly contentType: string } {
  if (act.service === 'iam') {
    const form = new URLSearchParams({ Action: act.action, Version: '2010-05-08' });
    for (const [name, value] of Object.entries(act.parameters)) form.set(name, parameter(value));
    return {
      method: 'POST',
      path: '/',
      body: form.toString(),
      contentType: 'application/x-www-form-urlencoded',
    };
  }
  const { function: name, version } = act.redeploy;
  return {
    method: 'PUT',
    path: `/2015-03-31/functions/${name}/code`,
    body: JSON.stringify({ ZipFile: packageOf(world, name, version).toString('base64') }),
    contentType: 'application/json',
  };
}

function packageOf(world: World, name: string, version: string): Buffer {
  const target = [...world.state.functions.values()].find((each) => each.name === name);
  const digest = target?.versions.get(version)?.codeDigest;
  const bytes = digest === undefined ? undefined : world.state.packages.get(digest);
  if (bytes !== undefined) return Buffer.from(bytes);
  throw new ExerciseError(
    'cordon_exercise_script',
    `expected function ${name} to have a version ${version} to put back; the account has none. Correct the inject`,
  );
}

function parameter(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
