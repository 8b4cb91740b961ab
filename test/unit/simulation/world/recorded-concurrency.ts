import type { RecordedScenario } from './recorded.ts';
import { ARN, eventInvoke, F, provisioned, provisionedAt, readReserved, reserved } from './recorded-calls.ts';

/** Concurrency and asynchronous invocation: the calls of the recording, in its order. */
export const CONCURRENCY_SCENARIOS: readonly RecordedScenario[] = [
  {
    recording: 'TestLambdaConcurrency::test_lambda_concurrency_crud',
    calls: [
      readReserved('get_function_concurrency_default'),
      reserved('put_function_concurrency', 'fn', 0),
      readReserved('get_function_concurrency_updated'),
      { method: 'DELETE', path: '/2017-10-31/functions/fn/concurrency' },
      readReserved('get_function_concurrency_deleted'),
    ],
  },
  {
    recording: 'TestLambdaReservedConcurrency::test_function_concurrency',
    calls: [
      reserved('put_function_concurrency_with_reserved_0', 'fn', 0),
      reserved('put_function_concurrency_with_reserved_1', 'fn', 1),
      readReserved('get_function_concurrency'),
      { step: 'delete_response', method: 'DELETE', path: '/2017-10-31/functions/fn/concurrency' },
      readReserved('get_function_concurrency_after_delete'),
    ],
  },
  {
    recording: 'TestLambdaReservedConcurrency::test_function_concurrency_exceptions',
    calls: [
      reserved('put_function_concurrency_with_function_name_doesnotexist', 'doesnotexist', 1),
      reserved(
        'put_function_concurrency_with_function_name_doesnotexist_and_invalid_concurrency',
        'doesnotexist',
        -1,
      ),
      reserved('put_function_concurrency_with_qualified_arn', `${ARN}:fn:1`, 0),
    ],
  },
  {
    recording: 'TestLambdaReservedConcurrency::test_function_concurrency_limits',
    calls: [
      reserved('put_function_concurrency_account_limit_exceeded', 'fn', 1_001),
      reserved('put_function_concurrency_below_unreserved_min_value', 'fn', 901),
    ],
  },
  {
    recording: 'TestLambdaConcurrency::test_reserved_provisioned_overlap',
    calls: [
      provisioned('put_provisioned_5', 'fn', '1', 2),
      provisionedAt('get_provisioned_prewait', 'GET', 'fn', '1'),
      reserved('reserved_lower_than_provisioned_exc', 'fn', 1),
      reserved(undefined, 'fn', 2),
      readReserved('get_concurrency'),
      { step: 'reserved_equals_provisioned_latest_invoke_exc', method: 'POST', path: `${F}/fn/invocations` },
      provisioned('reserved_equals_provisioned_increase_provisioned_exc', 'fn', '1', 3),
    ],
  },
  {
    recording: 'TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions',
    calls: [
      provisionedAt('get_provisioned_config_doesnotexist', 'GET', 'fn', '1'),
      provisionedAt('get_provisioned_functionname_doesnotexist', 'GET', 'doesnotexist', 'noalias'),
      provisionedAt('get_provisioned_qualifier_doesnotexist', 'GET', 'fn', 'noalias'),
      provisionedAt('get_provisioned_version_doesnotexist', 'GET', 'fn', '10'),
      provisionedAt('get_provisioned_latest', 'GET', 'fn', '$LATEST'),
      {
        step: 'list_provisioned_noconfigs',
        method: 'GET',
        path: '/2019-09-30/functions/fn/provisioned-concurrency?List=ALL',
      },
      {
        step: 'list_provisioned_functionname_doesnotexist',
        method: 'GET',
        path: '/2019-09-30/functions/doesnotexist/provisioned-concurrency?List=ALL',
      },
      provisionedAt('delete_provisioned_functionname_doesnotexist', 'DELETE', 'doesnotexist', '1'),
      provisionedAt('delete_provisioned_qualifier_doesnotexist', 'DELETE', 'fn', 'noalias'),
      provisionedAt('delete_provisioned_version_doesnotexist', 'DELETE', 'fn', '10'),
      provisionedAt('delete_provisioned_latest', 'DELETE', 'fn', '$LATEST'),
      provisionedAt('delete_provisioned_config_doesnotexist', 'DELETE', 'fn', '1'),
      provisioned('put_provisioned_invalid_param_0', 'fn', '1', 0),
      provisioned('put_provisioned_functionname_doesnotexist_alias', 'doesnotexist', 'noalias', 1),
      provisioned('put_provisioned_functionname_doesnotexist_version', 'doesnotexist', '1', 1),
      provisioned('put_provisioned_qualifier_doesnotexist', 'fn', 'doesnotexist', 1),
      provisioned('put_provisioned_version_doesnotexist', 'fn', '10', 1),
      provisioned('put_provisioned_latest', 'fn', '$LATEST', 1),
    ],
  },
  {
    recording: 'TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle',
    calls: [
      provisioned('put_provisioned_on_version', 'fn', '1', 1),
      provisioned('put_provisioned_on_alias_versionconflict', 'fn', 'eventinvokealias', 1),
      provisionedAt('delete_provisioned_version', 'DELETE', 'fn', '1'),
      provisionedAt('get_provisioned_version_postdelete', 'GET', 'fn', '1'),
      provisioned('put_provisioned_on_alias', 'fn', 'eventinvokealias', 1),
      provisioned('put_provisioned_on_version_conflict', 'fn', '1', 1),
    ],
  },
  {
    recording: 'TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_lifecycle',
    calls: [
      eventInvoke('put_invokeconfig_retries_0', 'PUT', 'fn', { MaximumRetryAttempts: 0 }),
      eventInvoke('put_invokeconfig_eventage_60', 'PUT', 'fn', { MaximumEventAgeInSeconds: 60 }),
      eventInvoke('update_invokeconfig_eventage_nochange', 'POST', 'fn', { MaximumEventAgeInSeconds: 60 }),
      eventInvoke('update_invokeconfig_retries', 'POST', 'fn', { MaximumRetryAttempts: 1 }),
      eventInvoke('get_invokeconfig', 'GET', 'fn'),
      eventInvoke('get_invokeconfig_latest', 'GET', 'fn', undefined, '$LATEST'),
      {
        step: 'list_single_invokeconfig',
        method: 'GET',
        path: '/2019-09-25/functions/fn/event-invoke-config/list',
      },
      eventInvoke('get_invokeconfig_postpublish', 'GET', 'fn', undefined, '1'),
      eventInvoke('put_published_invokeconfig', 'PUT', 'fn', { MaximumEventAgeInSeconds: 120 }, '1'),
      eventInvoke('get_published_invokeconfig', 'GET', 'fn', undefined, '1'),
    ],
  },
  {
    recording: 'TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_exceptions',
    calls: [
      eventInvoke('put_functionname_name_notfound', 'PUT', 'doesnotexist', { MaximumRetryAttempts: 1 }),
      eventInvoke('put_functionname_nootherargs', 'PUT', 'fn', {}),
      eventInvoke('put_destination_lambda_doesntexist', 'PUT', 'fn', {
        DestinationConfig: { OnSuccess: { Destination: `${ARN}:doesnotexist` } },
      }),
      eventInvoke('put_destination_recursive', 'PUT', 'fn', {
        DestinationConfig: { OnSuccess: { Destination: `${ARN}:fn` } },
      }),
      eventInvoke('put_destination_success_no_destination_arn', 'PUT', 'fn', {
        DestinationConfig: { OnSuccess: {} },
      }),
      eventInvoke('put_alias_doesnotexist', 'PUT', 'fn', { MaximumRetryAttempts: 1 }, 'doesnotexist'),
      eventInvoke('put_alias_qualifiedarn', 'PUT', `${ARN}:fn:eventinvokealias`, { MaximumRetryAttempts: 1 }),
      eventInvoke(
        'put_alias_qualifiedarn_qualifierconflict',
        'PUT',
        `${ARN}:fn:eventinvokealias`,
        { MaximumRetryAttempts: 1 },
        '1',
      ),
      eventInvoke('put_alias_shorthand', 'PUT', 'fn:eventinvokealias', { MaximumRetryAttempts: 1 }),
      eventInvoke('put_pre_overwrite', 'PUT', 'fn', {
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 60,
      }),
      eventInvoke('put_post_overwrite', 'PUT', 'fn', { MaximumRetryAttempts: 0 }),
      eventInvoke('get_post_overwrite', 'GET', 'fn'),
      eventInvoke('pre_update_response', 'PUT', 'fn', {
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 60,
      }),
      eventInvoke('update_response', 'POST', 'fn', { MaximumRetryAttempts: 0 }),
      eventInvoke('delete_latest', 'DELETE', 'fn', undefined, '$LATEST'),
      eventInvoke('delete_function_not_found', 'DELETE', 'fn'),
      eventInvoke('delete_function_doesnotexist', 'DELETE', 'doesnotexist'),
      {
        step: 'list_function_doesnotexist',
        method: 'GET',
        path: '/2019-09-25/functions/doesnotexist/event-invoke-config/list',
      },
      eventInvoke('get_function_doesnotexist', 'GET', 'doesnotexist'),
      eventInvoke('update_eventinvokeconfig_function_doesnotexist', 'POST', 'doesnotexist', {
        MaximumRetryAttempts: 0,
      }),
      eventInvoke('update_eventinvokeconfig_config_doesnotexist_without_qualifier', 'POST', 'fn', {
        MaximumRetryAttempts: 0,
      }),
    ],
  },
];
