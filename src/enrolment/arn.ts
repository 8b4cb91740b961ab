/**
 * ARNs as the exclusion list compares them. Several ARNs can lead to the same object, and an alert may
 * name any of them, so comparing them letter by letter would let an alert past the list. Where a doubt
 * remains, the entry covers: excluding too much is the safe side.
 */

/**
 * Returns a text that is the same for all ARNs of the same object. The partition is left out: an
 * account is in one only, and an alert could name the wrong one. A function comes without version or
 * alias. A role comes without its path and in lower case, also when a session names it: role names are
 * unique in an account whatever their path and case, and IAM calls take the bare name.
 */
export function objectKey(arn: string): string {
  const parts = arn.split(':');
  const [, , service, , account] = parts;
  const resource = parts.slice(5).join(':');
  if (service === 'lambda' && parts[5] === 'function') return withoutPartition(parts.slice(0, 7));
  if (service === 'iam' && resource.startsWith('role/')) return roleKey(account, resource.split('/').at(-1));
  if (service === 'sts' && resource.startsWith('assumed-role/'))
    return roleKey(account, resource.split('/')[1]);
  return withoutPartition(parts);
}

/** True when an entry of the exclusion list, an ARN or the beginning of one with a `*`, covers `arn`. */
export function covers(entry: string, arn: string): boolean {
  if (!entry.endsWith('*')) return objectKey(entry) === objectKey(arn);
  const parts = entry.slice(0, -1).split(':');
  // `…:function:checkout:*` means the function's versions and aliases; containment hits them all at once.
  if (parts[2] === 'lambda' && parts[5] === 'function' && parts.length > 7)
    return objectKey(entry) === objectKey(arn);
  const prefix = withoutPartition(parts);
  return withoutPartition(arn.split(':')).startsWith(prefix) || objectKey(arn).startsWith(prefix);
}

function withoutPartition(parts: readonly string[]): string {
  return ['arn', '', ...parts.slice(2)].join(':');
}

function roleKey(account: string | undefined, name: string | undefined): string {
  return `arn::iam::${account}:role/${(name ?? '').toLowerCase()}`;
}
