/**
 * Recordings that no scenario replays, each with the reason. `*` at the end stands for any rest; where several
 * entries fit, the longest counts.
 */
export const NOT_REPLAYED: Readonly<Record<string, string>> = {
  // What code does in its environment.
  'TestLambdaBehavior::*': 'the world runs no code: what an invocation does is written in its specification',
  'TestLambdaErrors::*':
    'the world runs no code: it knows that an invocation fails, not the ways in which a runtime does',
  'TestLambdaFeatures::*':
    'the world runs no code; that an invocation is accepted, runs or is refused is replayed elsewhere',
  'TestLambdaBaseFeatures::*': 'the world runs no code, and answers no payload near the limits',
  'TestRequestIdHandling::*': 'the request ids of an invocation are compared with what its code printed',
  'TestLambdaCleanup::*': 'it compares what two packages answered when invoked',
  'TestLambdaURL::*':
    'a function URL is configured, and entered by the attacker’s own door; its HTTP front is not served',
  'TestLambdaPermissions::test_lambda_permission_url_invocation': 'a function URL’s HTTP front is not served',
  'TestLambdaMultiAccounts::*': 'the world is one account; who comes from another is a user of it',
  'TestLambdaVersions::test_lambda_*': 'it compares what two packages answered when invoked',
  'TestLambdaVersions::test_async_invoke_queue_upon_function_update':
    'it compares what two packages answered when invoked',
  'TestLambdaVersions::test_function_update_during_invoke':
    'it compares what two packages answered when invoked',
  'TestLambdaAliases::*':
    'it compares what two packages answered when invoked; aliases are replayed by the control plane’s own recordings',
  'TestLambdaConcurrency::*':
    'it measures environments by what their code printed; concurrency is replayed by the control plane’s own recordings',
  // Messages of the data plane.
  'TestLambdaDestination*':
    'its steps are what a queue or bus received; the tests of the world’s sinks hold the same members',
  'TestLambdaDLQ::*':
    'its steps are what a queue received; the tests of the world’s sinks hold the same members',
  'test_*': 'its steps are what a queue received and what code was invoked with',
  'TestSQSEventSourceMapping::*':
    'filters, batches and what code was invoked with; mappings are replayed by the control plane’s own recordings',
  'TestKinesisSource::*':
    'batches and what code was invoked with; the tests of the world’s streams hold the members of a discard',
  'TestKinesisEventFiltering::*': 'the world’s mappings do not filter',
  // Parts of the control plane that the world does not have.
  'TestLambdaImages::*': 'an image is recognised, not built: its registry is not there',
  'TestLambdaLayer::*': 'layers are read, and published only by a specification',
  'TestLambdaSnapStart::*': 'SnapStart is recognised, not configured',
  'TestLoggingConfig::*': 'of the logging configuration the world keeps the group',
  'TestRuntimeValidation::*': 'the world knows no list of runtimes',
  'TestLambdaSizeLimits::*': 'the world sets no limit on a package or an environment',
  'TestLambdaFunction::test_function_name_and_qualifier_validation*':
    'the request model’s own expressions, which no client of the engine can provoke',
  'TestLambdaFunction::test_create_lambda_exceptions':
    'the request model’s own expressions, and the list of runtimes',
  'TestLambdaFunction::test_update_lambda_exceptions':
    'the request model’s own expressions, and the list of runtimes',
  'TestLambdaFunction::test_list_functions': 'its members are those of the account that recorded it',
  'TestLambdaFunction::test_vpc_config': 'a network is recognised; its subnets and groups are not looked up',
  'TestLambdaFunction::test_invalid_vpc_config_*':
    'a network is recognised; its subnets and groups are not looked up',
  'TestLambdaFunction::test_lambda_code_location_*':
    'it downloads what it uploaded; the tests of the world do so',
  'TestLambdaFunction::test_redundant_updates':
    'each of its steps is one of the lifecycle, which is replayed',
  'TestLambdaFunction::test_ops_with_arn_qualifier_mismatch*':
    'one operation of the three is replayed: they read the name by the same rule',
  'TestLambdaFunction::test_function_arns': 'the request model’s own expressions',
  'TestLambdaFunction::test_invalid_invoke': 'the request model’s own expressions',
  'TestLambdaFunction::test_lambda_concurrent_*':
    'it races two calls; the tests of the world pin the refusal of the second',
  'TestLambdaVersions::test_publish_with_wrong_revisionid':
    'recorded before functions showed their log group; the refusal is replayed by another recording',
  'TestLambdaRevisions::*':
    'its steps name revisions that earlier steps answered with; the tests of the world do so',
  'TestLambdaTag::*': 'tags of mappings and capacity providers, which the world does not keep',
  'TestLambdaTags::test_tag_exceptions': 'the request model’s own expressions',
  'TestLambdaTags::test_tag_limits': 'the world sets no limit on tags',
  'TestLambdaAccountSettings::*': 'figures of the account that recorded it',
  'TestCodeSigningConfig::test_function_code_signing_config':
    'its steps name the id that the creation answered with; the tests of the world do so',
  'TestLambdaPermissions::test_add_lambda_permission_*':
    'each of its answers is one of the fields, which are replayed',
  'TestLambdaPermissions::test_lambda_permission_*':
    'its steps name revisions that earlier steps answered with; the tests of the world do so',
  'TestLambdaEventSourceMappings::*':
    'brokers that the world does not have, filters, or ids that earlier steps answered with',
  'TestLambdaProvisionedConcurrency::test_provisioned_concurrency_limits':
    'figures of the account that recorded it',
  'TestPartialARNMatching::*': 'recorded without an answer of the control plane',
};

/** The reason why a recording is not replayed; `undefined` when there is none. */
export function reasonFor(
  recording: string,
): { readonly entry: string; readonly reason: string } | undefined {
  const fits = Object.entries(NOT_REPLAYED)
    .filter(([name]) => (name.endsWith('*') ? recording.startsWith(name.slice(0, -1)) : recording === name))
    .sort(([left], [right]) => right.length - left.length)[0];
  return fits === undefined ? undefined : { entry: fits[0], reason: fits[1] };
}
