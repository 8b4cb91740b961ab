/**
 * Whether `text` matches an IAM wildcard pattern: `*` is any run of characters, `?` is one. Linear
 * backtracking (at most pattern times text steps), so that no policy can block the process.
 */
export function globMatches(pattern: string, text: string): boolean {
  let at = 0;
  let inText = 0;
  let starAt = -1;
  let starText = 0;
  while (inText < text.length) {
    if (at < pattern.length && pattern[at] === '*') {
      starAt = at++;
      starText = inText;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[inText])) {
      at++;
      inText++;
    } else if (starAt >= 0) {
      at = starAt + 1;
      inText = ++starText;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

/** Actions are compared without regard to case; `*` may stand anywhere. */
export function actionMatches(pattern: string, action: string): boolean {
  return globMatches(pattern.toLowerCase(), action.toLowerCase());
}

const ARN_PARTS = 6;

/** Splits an ARN into its six parts; the last keeps its colons. `undefined` when it is not an ARN. */
function splitArn(arn: string): readonly string[] | undefined {
  const parts = arn.split(':');
  if (parts.length < ARN_PARTS || parts[0] !== 'arn') return undefined;
  return [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(':')];
}

/** The ARN operators compare part by part, so that a wildcard never crosses a colon before the sixth part. */
export function arnMatches(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const wanted = splitArn(pattern);
  const found = splitArn(arn);
  if (wanted === undefined || found === undefined) return false;
  return wanted.every((part, index) => globMatches(part, found[index] ?? ''));
}
