import { RECORDED_ACCOUNT, type RecordedScenario } from './recorded.ts';
import { ARN, addPermission, F, one, s3 } from './recorded-calls.ts';
import {
  CSC,
  call,
  configure,
  create,
  createCsc,
  csc,
  EMPTY_ZIP,
  functionCsc,
  get,
  mapping,
  NONE,
  publish,
  QUEUE,
  recursion,
  STREAM,
  settled,
  TABLE,
  tags,
  url,
  wrongRegion,
} from './recorded-control-calls.ts';

/** Functions, versions, code signing, URLs, mappings, tags: the calls of the recording, in its order. */
export const CONTROL_SCENARIOS: readonly RecordedScenario[] = [
  {
    recording: 'TestLambdaVersions::test_version_lifecycle',
    ...NONE,
    leaves: 'the rest publishes again and again what these steps have published',
    calls: [
      create('create_response', { Description: 'No version :(' }),
      get('get_function_result'),
      call('list_versions_result', 'GET', `${F}/fn/versions`),
      configure('first_update_response', { Description: 'First version :)' }),
      get('first_update_get_function'),
      publish('first_publish_response', { Description: 'First version description :)' }),
      get('first_publish_get_function', '?Qualifier=1'),
    ],
  },
  {
    recording: 'TestLambdaVersions::test_publish_with_wrong_sha256',
    ...NONE,
    calls: [
      create('create_response'),
      get('get_fn_response'),
      publish('publish_wrong_sha256_exc', { CodeSha256: 'somenonexistentsha256' }),
      publish('publish_result'),
    ],
  },
  {
    recording: 'TestLambdaVersions::test_publish_with_update',
    ...NONE,
    leaves:
      'publishing with the change itself answers before there is a state, which the world does not keep apart',
    calls: [create('create_response'), get('get_function_result')],
  },
  {
    recording: 'TestLambdaFunction::test_function_lifecycle',
    spec: {
      functions: [{ name: 'fn', role: 'webhook-role', environment: {}, memoryMb: 256, timeoutSeconds: 5 }],
    },
    leaves: 'its first answer is one of the test’s own making',
    calls: [
      get('get_function_response'),
      configure('update_func_conf_response', {
        Runtime: 'python3.11',
        Description: 'Changed-Description',
        MemorySize: 512,
        Timeout: 10,
        Environment: { Variables: { ENV_A: 'a' } },
      }),
      get('get_function_response_postupdate'),
      call('update_code_response', 'PUT', `${F}/fn/code`, { ZipFile: EMPTY_ZIP }, settled),
      get('get_function_response_postcodeupdate'),
      call('delete_response', 'DELETE', `${F}/fn`, undefined, { differs: { StatusCode: 'the status line' } }),
      call('delete_postdelete', 'DELETE', `${F}/fn`),
    ],
  },
  {
    recording: 'TestLambdaFunction::test_delete_on_nonexisting_version',
    calls: [
      call('delete_function_response_non_existent', 'DELETE', `${F}/nope`),
      call('delete_function_response_non_existent_with_qualifier', 'DELETE', `${F}/nope?Qualifier=1`),
    ],
  },
  {
    recording: 'TestLambdaFunction::test_lambda_code_location_s3_errors',
    spec: { buckets: [{ name: 'code' }] },
    calls: [
      create('create-error-wrong-bucket', { FunctionName: 'other', Code: { S3Bucket: 'none', S3Key: 'k' } }),
      create('create-error-wrong-key', { FunctionName: 'other', Code: { S3Bucket: 'code', S3Key: 'none' } }),
      call('update-error-wrong-bucket', 'PUT', `${F}/fn/code`, { S3Bucket: 'none', S3Key: 'k' }),
      call('update-error-wrong-key', 'PUT', `${F}/fn/code`, { S3Bucket: 'code', S3Key: 'none' }),
    ],
  },
  {
    recording: 'TestCodeSigningConfig::test_code_signing_not_found_excs',
    calls: [
      createCsc,
      csc('delete_csc_notfound', 'DELETE'),
      functionCsc('nothing_to_delete_response', 'DELETE', 'fn'),
      functionCsc('delete_function_csc_fnnotfound', 'DELETE', 'csc-test-doesnotexist'),
      functionCsc('put_function_csc_invalid_csc_arn', 'PUT', 'fn', { CodeSigningConfigArn: CSC }),
      functionCsc('put_function_csc_invalid_both', 'PUT', 'csc-test-doesnotexist', {
        CodeSigningConfigArn: CSC,
      }),
      csc('update_csc_invalid_csc_arn', 'PUT', CSC, {}),
      csc('update_csc_noupdates', 'PUT', CSC, {}),
      csc('get_csc_invalid', 'GET'),
      functionCsc('get_function_csc_fnwithoutcsc', 'GET', 'fn'),
      functionCsc('get_function_csc_nonexistingfn', 'GET', 'csc-test-doesnotexist'),
      csc('list_functions_by_csc_invalid_cscarn', 'GET', CSC, undefined, '/functions'),
    ],
    leaves: 'the other steps name a configuration by the id that its creation answered with',
  },
  {
    recording: 'TestLambdaRecursion::test_put_function_recursion_config_allow',
    calls: [recursion('put_recursion_config_response', 'Allow'), recursion('get_recursion_config_response')],
  },
  {
    recording: 'TestLambdaRecursion::test_put_function_recursion_config_default_terminate',
    calls: [recursion('get_recursion_default_terminate_response')],
  },
  {
    recording: 'TestLambdaRecursion::test_put_function_recursion_config_invalid_value',
    calls: [recursion('put_recursion_invalid_value_error', 'InvalidValue')],
  },
  {
    recording: 'TestLambdaUrl::test_url_config_lifecycle',
    calls: [
      url('url_creation', 'POST', 'fn', '', { AuthType: 'NONE' }),
      url('failed_duplication', 'POST', 'fn', '', { AuthType: 'NONE' }),
      url('get_url_config', 'GET', 'fn'),
      url('updated_url_config', 'PUT', 'fn', '', { AuthType: 'AWS_IAM' }),
      url(undefined, 'DELETE', 'fn'),
      url('failed_getter', 'GET', 'fn'),
    ],
  },
  {
    recording: 'TestLambdaUrl::test_url_config_deletion_without_qualifier',
    spec: {
      functions: [
        { name: 'fn', role: 'webhook-role', versions: [{}], aliases: [{ name: 'test-alias', version: '1' }] },
      ],
    },
    calls: [
      url('url_creation', 'POST', 'fn', '', { AuthType: 'NONE' }),
      url('url_with_alias_creation', 'POST', 'fn', '?Qualifier=test-alias', { AuthType: 'NONE' }),
      url('get_url_config', 'GET', 'fn'),
      url('get_url_config_with_alias', 'GET', 'fn', '?Qualifier=test-alias'),
      url('delete_function_url_config', 'DELETE', 'fn'),
      url('get_url_config_after_deletion', 'GET', 'fn'),
      url('get_url_config_with_alias_after_deletion', 'GET', 'fn', '?Qualifier=test-alias'),
    ],
  },
  {
    recording: 'TestLambdaUrl::test_url_config_exceptions',
    leaves:
      'its first two answers prepare, and AWS itself failed at one; what is left says the same of an ARN',
    calls: (['create', 'get', 'delete', 'update'] as const).flatMap((verb) => {
      const method = { create: 'POST', get: 'GET', delete: 'DELETE', update: 'PUT' }[verb];
      const body = verb === 'create' || verb === 'update' ? { AuthType: 'NONE' } : undefined;
      const at = (what: string, name: string, query = '') =>
        url(`${verb}_function_url_config_${what}`, method, name, query, body);
      const mismatch =
        verb === 'delete'
          ? []
          : [at('qualifier_alias_doesnotmatch_arn', `${ARN}:fn:eventinvokealias`, '?Qualifier=other')];
      const none = verb === 'create' ? [] : [at('config_doesnotexist', 'fn')];
      return [
        at('name_doesnotexist', 'nope'),
        at('arn_doesnotexist', `${ARN}:nope`),
        at('name_doesnotexist_qualifier', 'nope', '?Qualifier=1'),
        at('qualifier_version', 'fn', '?Qualifier=1'),
        at('qualifier_version_doesnotexist', 'fn', '?Qualifier=2'),
        at('qualifier_alias_doesnotexist', 'fn', '?Qualifier=nope'),
        ...mismatch,
        at('qualifier_latest', 'fn', '?Qualifier=%24LATEST'),
        ...none,
      ];
    }),
  },
  {
    recording: 'TestLambdaTags::test_tag_lifecycle',
    spec: { functions: [{ name: 'fn', role: 'webhook-role', environment: {}, tags: { key_a: 'value_a' } }] },
    leaves: 'each list is followed by the function itself, which shows the same tags',
    calls: [
      tags('GET', 'list_tags_response_postfncreate'),
      tags('POST', 'tag_resource_response', '', {
        Tags: { key_b: 'value_b', key_c: 'value_c', key_d: 'value_d', key_e: 'value_e' },
      }),
      tags('GET', 'list_tags_response_postaddtags'),
      tags('POST', 'tag_resource_overwrite', '', { Tags: { key_b: 'value_b', key_c: 'value_x' } }),
      tags('GET', 'list_tags_response_overwrite'),
      tags('DELETE', undefined, '?tagKeys=key_c&tagKeys=key_d'),
      tags('GET', 'list_tags_response_postuntag'),
      tags('DELETE', undefined, '?tagKeys=key_a&tagKeys=key_b&tagKeys=key_e'),
      tags('GET', 'list_tags_response_postuntagall'),
      call(undefined, 'DELETE', `${F}/fn`),
      tags('GET', 'list_tags_postdelete'),
    ],
  },
  {
    recording: 'TestLambdaPermissions::test_create_multiple_lambda_permissions',
    calls: [
      addPermission('add_permission_response_1', 'fn', {
        StatementId: 'logs',
        Principal: 'logs.amazonaws.com',
      }),
      addPermission('add_permission_response_2', 'fn', {
        StatementId: 'kinesis',
        Principal: 'kinesis.amazonaws.com',
      }),
      call('policy_after_2_add', 'GET', `${F}/fn/policy`),
    ],
  },
  {
    recording: 'TestLambdaRevisions::test_function_revisions_permissions',
    calls: [
      addPermission(undefined, 'fn', { ...s3, SourceArn: 'arn:aws:s3:::bucket' }),
      addPermission('add_permission_revision_exception', 'fn', {
        StatementId: 's3_2',
        Principal: 's3.amazonaws.com',
        RevisionId: 'wrong',
      }),
    ],
  },
  {
    recording: 'TestSQSEventSourceMapping::test_duplicate_event_source_mappings',
    spec: { queues: [{ name: 'orders' }] },
    calls: [mapping('create', { EventSourceArn: QUEUE }), mapping('error', { EventSourceArn: QUEUE })],
  },
  {
    recording: 'TestSQSEventSourceMapping::test_event_source_mapping_default_batch_size',
    spec: {
      queues: [{ name: 'orders' }],
      functions: [
        { name: 'fn', role: 'webhook-role' },
        { name: 'two', role: 'webhook-role' },
      ],
    },
    leaves: 'the update names the mapping by the id that its creation answered with',
    calls: [
      mapping('create-event-source-mapping', { EventSourceArn: QUEUE, MaximumBatchingWindowInSeconds: 0 }),
      mapping('invalid-create-event-source-mapping', {
        FunctionName: 'two',
        EventSourceArn: QUEUE,
        BatchSize: 20,
      }),
    ],
  },
  oneMapping('test_esm_with_not_existing_sqs_queue', 'error', { EventSourceArn: QUEUE }),
  oneMapping('TestKinesisSource::test_esm_with_not_existing_kinesis_stream', 'error', {
    EventSourceArn: `arn:aws:kinesis:eu-west-1:${RECORDED_ACCOUNT}:stream/test-foobar-81ded7e8`,
    StartingPosition: 'LATEST',
  }),
  {
    recording: 'TestKinesisSource::test_duplicate_event_source_mappings',
    spec: { streams: [{ source: STREAM }] },
    calls: [
      mapping('create', { EventSourceArn: STREAM, StartingPosition: 'LATEST' }),
      mapping('error', { EventSourceArn: STREAM, StartingPosition: 'LATEST' }),
    ],
  },
  {
    recording: 'TestLambdaEventSourceMappings::test_create_event_source_validation_kinesis',
    spec: { streams: [{ source: STREAM }] },
    calls: [
      mapping('no_starting_position', { EventSourceArn: STREAM }),
      mapping('invalid_starting_position', { EventSourceArn: STREAM, StartingPosition: 'invalid' }),
    ],
  },
  {
    recording: 'TestLambdaEventSourceMappings::test_event_source_mapping_lifecycle',
    spec: { streams: [{ source: TABLE }], queues: [{ name: 'sink' }] },
    leaves: 'the other steps are of DynamoDB, or name the mapping by the id that its creation answered with',
    calls: [
      mapping('create_response', {
        EventSourceArn: TABLE,
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 1,
        MaximumBatchingWindowInSeconds: 1,
        MaximumRetryAttempts: 1,
        DestinationConfig: { OnFailure: { Destination: `arn:aws:sqs:eu-west-1:${RECORDED_ACCOUNT}:sink` } },
      }),
    ],
  },
  one(
    'TestLambdaFunction::test_ops_on_nonexisting_fn[delete_function]',
    'not_found_exception',
    `${F}/nope`,
    'DELETE',
  ),
  one(
    'TestLambdaFunction::test_ops_on_nonexisting_fn[get_function_code_signing_config]',
    'not_found_exception',
    '/2020-06-30/functions/nope/code-signing-config',
  ),
  one(
    'TestLambdaFunction::test_ops_on_nonexisting_version[get_function_configuration]',
    'version_not_found_exception',
    `${F}/fn/configuration?Qualifier=1221`,
  ),
  ...(
    [
      ['get_function_configuration', 'GET', `${F}/${wrongRegion}/configuration`],
      ['get_function_url_config', 'GET', `/2021-10-31/functions/${wrongRegion}/url`],
      ['get_function_code_signing_config', 'GET', `/2020-06-30/functions/${wrongRegion}/code-signing-config`],
      ['get_function_event_invoke_config', 'GET', `/2019-09-25/functions/${wrongRegion}/event-invoke-config`],
      ['get_function_concurrency', 'GET', `/2019-09-30/functions/${wrongRegion}/concurrency`],
      ['delete_function', 'DELETE', `${F}/${wrongRegion}`],
      ['invoke', 'POST', `${F}/${wrongRegion}/invocations`],
    ] as const
  ).map(([name, method, path]) =>
    one(
      `TestLambdaFunction::test_get_function_wrong_region[${name}]`,
      'wrong_region_exception',
      path,
      method,
    ),
  ),
];

function oneMapping(recording: string, step: string, body: object): RecordedScenario {
  return { recording, calls: [mapping(step, body)] };
}
