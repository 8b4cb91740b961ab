import { CodedError } from '../../error.ts';

export type WorldErrorCode =
  | 'cordon_world_invalid'
  | 'cordon_world_unknown_name'
  | 'cordon_world_bad_policy'
  | 'cordon_world_connection_lost'
  | 'cordon_world_refused';

/** An error of the simulated account itself (a bad `world.yaml`, a name that it does not hold). */
export class WorldError extends CodedError<WorldErrorCode> {}

/**
 * The answer of an AWS service that refuses a call. Thrown by an operation, rendered by the wire
 * format of its service, and never seen outside the world as an exception.
 */
export class AwsRefusal extends CodedError<'cordon_world_refused'> {
  readonly awsCode: string;
  readonly status: number;
  /** Further members of the error's body: `Type`, `Reason`. */
  readonly members: Readonly<Record<string, string>>;
  /** AWS spells the member `Message` or `message`, by service and by error (recorded responses). */
  readonly messageMember: 'message' | 'Message';
  readonly awsMessage: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    awsCode: string,
    status: number,
    message: string,
    options: {
      readonly members?: Readonly<Record<string, string>>;
      readonly messageMember?: 'message' | 'Message';
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super('cordon_world_refused', `${awsCode}: ${message}`);
    this.awsCode = awsCode;
    this.awsMessage = message;
    this.status = status;
    this.members = options.members ?? {};
    this.messageMember = options.messageMember ?? 'message';
    this.headers = options.headers ?? {};
  }
}
