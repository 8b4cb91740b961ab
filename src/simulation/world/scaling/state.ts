import type { JsonObject } from '../../../json.ts';

/** One way in which a target is scaled. Its own configuration is kept as it was given. */
export interface ScalingPolicy {
  readonly name: string;
  readonly arn: string;
  readonly type: string;
  readonly configuration: JsonObject;
  readonly createdMs: number;
}

export interface ScheduledAction {
  readonly name: string;
  readonly arn: string;
  readonly schedule: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly createdMs: number;
}

/** Which activities are suspended; a new target has none. */
export interface Suspended {
  readonly DynamicScalingInSuspended: boolean;
  readonly DynamicScalingOutSuspended: boolean;
  readonly ScheduledScalingSuspended: boolean;
}

/** Provisioned concurrency of one alias or version, as Application Auto Scaling manages it. */
export interface ScalableTarget {
  readonly region: string;
  /** `function:<name>:<qualifier>`. */
  readonly resourceId: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly createdMs: number;
  min: number;
  max: number;
  suspended: Suspended;
  readonly policies: Map<string, ScalingPolicy>;
  readonly scheduled: Map<string, ScheduledAction>;
}

export const NOTHING_SUSPENDED: Suspended = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};

/** Key of a target among all: a Region and a resource. */
export function targetKey(region: string, resourceId: string): string {
  return `${region} ${resourceId}`;
}
