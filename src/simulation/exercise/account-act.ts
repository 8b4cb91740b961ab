import type { Json, JsonObject } from '../../json.ts';
import type { World } from '../world/world.ts';

/** A user of the simulated account with the key that it was made with. */
export interface AccountUser {
  readonly accessKeyId: string;
}

/**
 * Does something in the simulated account as a person would, with the user's own key: one request to its
 * query API. Returns the account's answer: `ok`, or its error code.
 */
export async function actInAccount(
  world: World,
  user: AccountUser,
  act: { readonly service: 'iam'; readonly action: string; readonly parameters: JsonObject },
  now: Date,
): Promise<string> {
  const form = new URLSearchParams({ Action: act.action, Version: '2010-05-08' });
  for (const [name, value] of Object.entries(act.parameters)) form.set(name, parameter(value));
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  // The account does not recompute signatures (see its credentials.ts); the key id says who it is.
  const scope = `${user.accessKeyId}/${day}/us-east-1/${act.service}/aws4_request`;
  const response = await world.fetch(
    new Request('https://world.invalid/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: form.toString(),
    }),
  );
  if (response.ok) return 'ok';
  return /<Code>([^<]+)<\/Code>/.exec(await response.text())?.[1] ?? `HTTP ${response.status}`;
}

function parameter(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
