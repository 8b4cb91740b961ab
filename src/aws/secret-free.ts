/**
 * What AWS says about a refusal, without what must not be passed on: the query of a link (a presigned one is a key while it
 * lives), the canonical request that a wrong signature is answered with (it repeats the session token), values of an
 * environment that does not fit ("String measured: …", as Lambda words it), and anything as long as a token.
 * Pure. Names and ARNs stay: people need them, and they are shorter (an assumed role has at most 142 characters).
 */
export function secretFree(message: string): string {
  return message
    .replace(/\b(https?:\/\/[^\s?#"'<>]{1,2048})[?#][^\s"'<>]*/gi, `$1?${LEFT_OUT}`)
    .replace(/\b(the )?canonical string for this request should have been[\s\S]*/i, LEFT_OUT)
    .replace(/\bstring measured:[\s\S]*/i, `String measured: ${LEFT_OUT}`)
    .replace(
      /\b(x-amz-(?:security-token|signature|credential)|aws_session_token|aws_secret_access_key)(["']?\s*[:=]\s*["']?)[^\s"'&,;]+/gi,
      `$1$2${LEFT_OUT}`,
    )
    .replace(/[A-Za-z0-9+/=_-]{200,}/g, LEFT_OUT);
}

const LEFT_OUT = '[left out]';
