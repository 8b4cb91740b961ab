export type Body =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** The limit was passed; the rest was not read. */
  | { readonly kind: 'too-large'; readonly bytes: Uint8Array }
  /** The sender went away, or was too slow for the server's timeout. */
  | { readonly kind: 'incomplete' };

/** Reads a request's body and stops at `limit` bytes, whatever `Content-Length` says. Never throws. */
export async function readBody(request: Request, limit: number): Promise<Body> {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > limit) return { kind: 'too-large', bytes: new Uint8Array() };
  if (request.body === null) return { kind: 'whole', bytes: new Uint8Array() };
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: 'whole', bytes: Buffer.concat(chunks, size) };
      size += value.byteLength;
      chunks.push(value);
      if (size > limit) {
        await reader.cancel();
        return { kind: 'too-large', bytes: Buffer.concat(chunks, size) };
      }
    }
  } catch {
    return { kind: 'incomplete' };
  }
}
