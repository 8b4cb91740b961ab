/**
 * The normalised alert: what every source format is read into, and the only shape that the rest of
 * the engine knows. All of it is attacker-controlled: a function's name, tags and description are
 * chosen by whoever can deploy, and a finding repeats them.
 */

/** The formats that Cordon reads; one file each in this folder. */
export type AlertSource = 'guardduty' | 'generic' | 'manual';

/** What kind of thing is wrong; playbook triggers match on it. */
export type AlertCategory = 'function-compromise' | 'credential-compromise' | 'other';

/** The function that an alert is about, as far as the alert says. */
export interface AlertTarget {
  /** Unqualified function ARN: `arn:<partition>:lambda:<region>:<account>:function:<name>`. */
  readonly functionArn: string;
  readonly functionName: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  /** The version or alias named by the alert, `$LATEST` included; absent when the alert names none. */
  readonly qualifier?: string;
  /** The execution role's ARN, when the alert names it. */
  readonly roleArn?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** One normalised notification that something is wrong. Plain JSON; instants are ISO 8601 in UTC. */
export interface Alert {
  readonly source: AlertSource;
  /** The source's own identity of the finding (for GuardDuty its ARN): the same key is the same finding. */
  readonly dedupeKey: string;
  /** Changes whenever the source re-sends the finding with news (GuardDuty: `updatedAt` and `count`). */
  readonly revision: string;
  readonly category: AlertCategory;
  /** The source's own type, e.g. `Backdoor:Lambda/C&CActivity.B`. */
  readonly findingType: string;
  readonly title: string;
  readonly description: string;
  /** 0 to 10, GuardDuty's scale. */
  readonly severity: number;
  /** 0 to 1: how sure the source is; 1 where the source gives none. */
  readonly confidence: number;
  readonly account: string;
  readonly region: string;
  /** Absent for an alert that names no function (it goes to a person, never to containment). */
  readonly target?: AlertTarget;
  /** IAM actions that deny what the source saw being abused, `s3:GetObject`; absent where it names no call. */
  readonly abusedApis?: readonly string[];
  /** Calls that it names and that no action is known to deny, each with the reason. */
  readonly unnamedApis?: readonly string[];
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** Public addresses that the finding names as the other side; absent where it names none. */
  readonly remoteAddresses?: readonly string[];
  /** True for a generated sample finding; a sample never contains anything outside an exercise. */
  readonly sample: boolean;
}
