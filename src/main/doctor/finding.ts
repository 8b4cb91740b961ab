/** One thing that was looked at. `off`: not configured, which is no fault. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail' | 'off';
  readonly found: string;
  /** What to do about it; `null` when there is nothing to do. */
  readonly mend: string | null;
}

export function ok(name: string, found: string): Finding {
  return { name, status: 'ok', found, mend: null };
}

export function off(name: string, found: string): Finding {
  return { name, status: 'off', found, mend: null };
}

export function warn(name: string, found: string, mend: string): Finding {
  return { name, status: 'warn', found, mend };
}

export function fail(name: string, found: string, mend: string): Finding {
  return { name, status: 'fail', found, mend };
}
