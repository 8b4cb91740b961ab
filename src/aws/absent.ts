import { AwsError } from '../action/failure.ts';

/** What a read gives, or `null` where AWS says that there is no such object. Other failures pass. */
export async function absent<Value>(read: () => Promise<Value>): Promise<Value | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AwsError && error.code === 'cordon_aws_not_found') return null;
    throw error;
  }
}
