import { CodedError } from '../../error.ts';

export type ExerciseErrorCode =
  | 'cordon_scenario_invalid'
  | 'cordon_scenario_not_found'
  | 'cordon_exercise_stuck'
  | 'cordon_exercise_script'
  | 'cordon_exercise_not_accepted'
  | 'cordon_exercise_real_account';

/** What keeps an exercise from being read or run. How people did in it is a result, never an error. */
export class ExerciseError extends CodedError<ExerciseErrorCode> {}
