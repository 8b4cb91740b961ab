/** What a check of a case can find, each naming the item or file and what was expected there. */
export type FindingKind =
  | 'case-missing'
  | 'object-missing'
  | 'object-altered'
  | 'record-missing'
  | 'record-altered'
  | 'manifest-missing'
  | 'manifest-altered'
  | 'envelope-missing'
  | 'envelope-altered'
  | 'signature-invalid'
  | 'public-key-missing'
  | 'public-key-altered'
  | 'timestamp-altered'
  | 'timestamp-untrusted'
  | 'not-sealed'
  | 'rolled-back'
  | 'stray-file'
  | 'overlaid';

export interface Finding {
  readonly kind: FindingKind;
  /** The item as people know it, else the file. Attacker-controlled where it repeats a name from the account. */
  readonly item: string;
  /** Path below the evidence folder. */
  readonly file: string;
  readonly expected: string;
  readonly found: string;
}

/** Returns one line for a finding. */
export function describeFinding(finding: Finding): string {
  const where = finding.item === finding.file ? finding.file : `${finding.item} (${finding.file})`;
  return `${finding.kind}: ${where}: expected ${finding.expected}, found ${finding.found}`;
}

/** How the size and digest of bytes are written in a finding. */
export function bytesText(count: number, sha256: string): string {
  return `${count} bytes with SHA-256 ${sha256}`;
}
