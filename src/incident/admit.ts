import type { Target } from '../action/ports.ts';
import type { Alert } from '../alert/alert.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { accountFor, isExcluded, meansFor, tierFor } from '../enrolment/enrolment.ts';

/** Whether an alert may open an incident at all, before any playbook is asked. */
export type Admission =
  | { readonly kind: 'admitted'; readonly target: Target }
  | { readonly kind: 'refused'; readonly code: AdmissionCode; readonly message: string };

export type AdmissionCode =
  | 'cordon_alert_sample'
  | 'cordon_alert_no_target'
  | 'cordon_not_enrolled'
  | 'cordon_target_excluded';

/** Admits an alert about an enrolled function that is not Cordon's own, or says why not. Pure. */
export function admit(
  alert: Alert,
  enrolment: Enrolment,
  options: { readonly exercise: boolean },
): Admission {
  if (alert.sample && !options.exercise) {
    return refused(
      'cordon_alert_sample',
      'this is a sample finding; samples open no incident outside an exercise',
    );
  }
  const about = alert.target;
  if (about === undefined) {
    return refused(
      'cordon_alert_no_target',
      `${alert.findingType} names no Lambda function, so there is nothing to contain; a person must look at it`,
    );
  }
  if (accountFor(enrolment, about.account, about.region) === undefined) {
    return refused(
      'cordon_not_enrolled',
      `account ${about.account} in ${about.region} is not enrolled; add it to the enrolment file, first in mode observe`,
    );
  }
  const roles = about.roleArn === undefined ? [] : [about.roleArn];
  if (isExcluded(enrolment, [about.functionArn, ...roles])) {
    return refused(
      'cordon_target_excluded',
      `${about.functionArn} is Cordon's own or on the exclusion list; a person must respond to this one`,
    );
  }
  return {
    kind: 'admitted',
    target: {
      functionArn: about.functionArn,
      functionName: about.functionName,
      partition: about.partition,
      account: about.account,
      region: about.region,
      roles,
      tier: tierFor(enrolment, about),
      tags: about.tags,
      means: meansFor(enrolment, about.account, about.region),
    },
  };
}

function refused(code: AdmissionCode, message: string): Admission {
  return { kind: 'refused', code, message };
}
