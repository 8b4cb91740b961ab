import { FUNCTION, RECORDED_ACCOUNT, type RecordedScenario } from './recorded.ts';
import { ARN, addPermission, eventInvoke, F, one, reserved, s3 } from './recorded-calls.ts';

/** Permissions, invocation, reading: the calls of the recording, in its order. */
export const ACCESS_SCENARIOS: readonly RecordedScenario[] = [
  {
    recording: 'TestLambdaPermissions::test_permission_exceptions',
    calls: [
      addPermission('add_permission_invalid_statement_id', 'fn', { ...s3, StatementId: 'example.com' }),
      addPermission('add_permission_fn_qualifier_mismatch', 'fn:alias-not-42', s3, '42'),
      addPermission('add_permission_fn_qualifier_latest', 'fn', s3, '$LATEST'),
      addPermission('add_permission_principal_invalid', 'fn', {
        StatementId: 'lambda',
        Principal: 'invalid.nonaws.com',
      }),
      { step: 'get_policy_fn_doesnotexist', method: 'GET', path: `${F}/doesnotexist/policy` },
      { step: 'get_policy_fn_version_doesnotexist', method: 'GET', path: `${F}/fn/policy?Qualifier=42` },
      addPermission('add_permission_fn_doesnotexist', 'doesnotexist', s3),
      { step: 'remove_permission_policy_doesnotexist', method: 'DELETE', path: `${F}/fn/policy/s3` },
      addPermission('add_permission_fn_alias_doesnotexist', 'fn', s3, 'alias-doesnotexist'),
      addPermission('add_permission_fn_version_doesnotexist', 'fn', s3, '42'),
      addPermission(undefined, 'fn', s3),
      addPermission('add_permission_conflicting_statement_id', 'fn', s3),
      { step: 'remove_permission_fn_doesnotexist', method: 'DELETE', path: `${F}/doesnotexist/policy/s3` },
      {
        step: 'remove_permission_fn_alias_doesnotexist',
        method: 'DELETE',
        path: `${F}/fn/policy/s3?Qualifier=alias-doesnotexist`,
      },
    ],
  },
  {
    recording: 'TestLambdaPermissions::test_add_lambda_permission_fields',
    calls: [
      addPermission('add_permission_principal_wildcard', 'fn', {
        StatementId: 'wilcard',
        Principal: '*',
        SourceAccount: RECORDED_ACCOUNT,
      }),
      addPermission('add_permission_principal_service', 'fn', {
        StatementId: 'lambda',
        Principal: 'lambda.amazonaws.com',
        SourceAccount: RECORDED_ACCOUNT,
      }),
      addPermission('add_permission_principal_account', 'fn', {
        StatementId: 'account-id',
        Principal: RECORDED_ACCOUNT,
      }),
      addPermission('add_permission_optional_fields', 'fn', {
        StatementId: 'urlPermission',
        Action: 'lambda:InvokeFunctionUrl',
        Principal: '*',
        SourceArn: 'arn:aws:s3:::bucket',
        SourceAccount: RECORDED_ACCOUNT,
        PrincipalOrgID: 'o-1234567890',
        FunctionUrlAuthType: 'NONE',
      }),
      addPermission('add_permission_alexa_skill', 'fn', {
        StatementId: 'alexaSkill',
        Principal: '*',
        EventSourceToken: 'amzn1.ask.skill.xxxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
      }),
    ],
  },
  {
    recording: 'TestLambdaPermissions::test_remove_multi_permissions',
    calls: [
      addPermission('add_permission_1', 'fn', s3),
      addPermission('add_permission_2', 'fn', {
        StatementId: 'sqs',
        Principal: 'sqs.amazonaws.com',
        SourceArn: 'arn:aws:s3:::bucket',
      }),
      { step: 'policy_after_2_add', method: 'GET', path: `${F}/fn/policy` },
      {
        step: 'remove_permission_exception_nonexisting_sid',
        method: 'DELETE',
        path: `${F}/fn/policy/non-existent`,
      },
      { method: 'DELETE', path: `${F}/fn/policy/sqs` },
      { step: 'policy_after_removal', method: 'GET', path: `${F}/fn/policy` },
      { method: 'DELETE', path: `${F}/fn/policy/s3` },
      { step: 'get_policy_exception_removed_all', method: 'GET', path: `${F}/fn/policy` },
    ],
  },
  {
    recording: 'TestLambdaConcurrency::test_reserved_concurrency',
    spec: { queues: [{ name: 'sink' }] },
    calls: [
      reserved('put_reserved', 'fn', 0),
      { step: 'exc_no_cap_requestresponse', method: 'POST', path: `${F}/fn/invocations` },
      eventInvoke('put_event_invoke_conf', 'PUT', 'fn', {
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: `arn:aws:sqs:eu-west-1:${RECORDED_ACCOUNT}:sink` } },
      }),
      {
        step: 'invoke_result',
        method: 'POST',
        path: `${F}/fn/invocations`,
        headers: { 'x-amz-invocation-type': 'Event' },
        differs: { Payload: 'the body itself, which is empty', StatusCode: 'the status line' },
      },
    ],
  },
  {
    recording: 'TestLambdaFunction::test_function_lifecycle',
    spec: { functions: [{ ...FUNCTION, memoryMb: 256, timeoutSeconds: 5 }] },
    calls: [{ step: 'get_function_response', method: 'GET', path: `${F}/fn` }],
  },
  {
    recording: 'TestLambdaVersions::test_publish_version_on_create',
    spec: {
      functions: [
        { name: 'fn', role: 'webhook-role', handler: 'index.handler', timeoutSeconds: 3, versions: [{}] },
      ],
    },
    calls: [
      { step: 'get_function_result', method: 'GET', path: `${F}/fn` },
      { step: 'get_function_version_result', method: 'GET', path: `${F}/fn?Qualifier=1` },
      { step: 'get_function_latest_result', method: 'GET', path: `${F}/fn?Qualifier=%24LATEST` },
      { step: 'list_versions_result', method: 'GET', path: `${F}/fn/versions` },
    ],
  },
  {
    recording: 'TestLambdaUrl::test_url_config_list_paging',
    spec: {
      functions: [
        {
          ...FUNCTION,
          aliases: [{ name: 'urlalias', version: '1' }],
          urls: [{ authType: 'NONE' }, { alias: 'urlalias', authType: 'NONE' }],
        },
      ],
    },
    calls: [
      { step: 'list_function_notfound', method: 'GET', path: '/2021-10-31/functions/doesnotexist/urls' },
      { step: 'list_all', method: 'GET', path: '/2021-10-31/functions/fn/urls' },
    ],
  },
  {
    recording: 'TestLambdaEventSourceMappings::test_event_source_mapping_exceptions',
    calls: [
      {
        step: 'get_unknown_uuid',
        method: 'GET',
        path: '/2015-03-31/event-source-mappings/00000000-0000-0000-0000-000000000000',
      },
      {
        step: 'update_unknown_uuid',
        method: 'PUT',
        path: '/2015-03-31/event-source-mappings/00000000-0000-0000-0000-000000000000',
        body: { Enabled: false },
      },
    ],
  },
  {
    recording: 'TestLambdaTags::test_tag_versions',
    calls: [
      {
        step: 'tag_resource_exception',
        method: 'POST',
        path: `/2017-03-31/tags/${encodeURIComponent(`${ARN}:fn:1`)}`,
        body: { Tags: { a: 'b' } },
      },
      {
        step: 'tag_resource_latest_exception',
        method: 'POST',
        path: `/2017-03-31/tags/${encodeURIComponent(`${ARN}:fn:$LATEST`)}`,
        body: { Tags: { a: 'b' } },
      },
    ],
  },
  one('TestLambdaFunction::test_ops_on_nonexisting_fn[get_function]', 'not_found_exception', `${F}/nope`),
  one(
    'TestLambdaFunction::test_ops_on_nonexisting_fn[get_function_configuration]',
    'not_found_exception',
    `${F}/nope/configuration`,
  ),
  one(
    'TestLambdaFunction::test_ops_on_nonexisting_fn[get_function_url_config]',
    'not_found_exception',
    '/2021-10-31/functions/nope/url',
  ),
  one(
    'TestLambdaFunction::test_ops_on_nonexisting_fn[get_function_event_invoke_config]',
    'not_found_exception',
    '/2019-09-25/functions/nope/event-invoke-config',
  ),
  one(
    'TestLambdaFunction::test_ops_on_nonexisting_fn[get_function_concurrency]',
    'not_found_exception',
    '/2019-09-30/functions/nope/concurrency',
  ),
  one(
    'TestLambdaFunction::test_ops_on_nonexisting_version[get_function]',
    'version_not_found_exception',
    `${F}/fn?Qualifier=1221`,
  ),
  one(
    'TestLambdaFunction::test_ops_on_nonexisting_version[get_function_event_invoke_config]',
    'version_not_found_exception',
    '/2019-09-25/functions/fn/event-invoke-config?Qualifier=1221',
  ),
  one(
    'TestLambdaFunction::test_ops_with_arn_qualifier_mismatch[get_function]',
    'not_match_exception',
    `${F}/${encodeURIComponent(`${ARN}:some-function:2`)}?Qualifier=%24LATEST`,
  ),
  one(
    'TestLambdaFunction::test_get_function_wrong_region[get_function]',
    'wrong_region_exception',
    `${F}/${encodeURIComponent(`arn:aws:lambda:us-east-1:${RECORDED_ACCOUNT}:function:fn`)}`,
  ),
];
