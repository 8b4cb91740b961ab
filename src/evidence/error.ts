import { CodedError } from '../error.ts';

export type EvidenceErrorCode =
  | 'cordon_evidence_bad_case_id'
  | 'cordon_evidence_case_damaged'
  | 'cordon_evidence_object_damaged'
  | 'cordon_evidence_no_case'
  | 'cordon_evidence_no_lock'
  | 'cordon_evidence_no_quarantine'
  | 'cordon_evidence_held'
  | 'cordon_evidence_not_verified'
  | 'cordon_evidence_file_unwritable'
  | 'cordon_evidence_key_permissions'
  | 'cordon_evidence_key_invalid'
  | 'cordon_evidence_key_missing'
  | 'cordon_evidence_key_mismatch'
  | 'cordon_evidence_secret_unreadable'
  | 'cordon_timestamp_certificates_invalid'
  | 'cordon_checkpoint_contradicted';

/** What went wrong with the evidence folder or its keys. Never names a key's or an item's content. */
export class EvidenceError extends CodedError<EvidenceErrorCode> {}
