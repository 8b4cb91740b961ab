/** Every place in a JSON value and what stands there; the places of an array's items are one. */
export function shapeOf(value: unknown, at = '$'): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const visit = (one: unknown, path: string): void => {
    const kind = one === null ? 'null' : Array.isArray(one) ? 'array' : typeof one;
    found.set(path, (found.get(path) ?? new Set()).add(kind));
    if (Array.isArray(one)) for (const item of one) visit(item, `${path}[]`);
    else if (typeof one === 'object' && one !== null) {
      for (const [name, member] of Object.entries(one)) visit(member, `${path}.${name}`);
    }
  };
  visit(value, at);
  return found;
}
