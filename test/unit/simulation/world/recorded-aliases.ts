import type { RecordedScenario } from './recorded.ts';
import { F } from './recorded-calls.ts';
import {
  alias,
  aliases,
  call,
  create,
  get,
  NONE,
  publish,
  staging,
  TWO_VERSIONS,
  weights,
} from './recorded-control-calls.ts';

/** Aliases: the calls of the recording, in its order. */
export const ALIAS_SCENARIOS: readonly RecordedScenario[] = [
  {
    recording: 'TestLambdaAlias::test_alias_lifecycle',
    ...NONE,
    calls: [
      ...TWO_VERSIONS,
      alias('create_alias_1_1', 'POST', 'aliasname1_1', {
        FunctionVersion: '1',
        Description: 'custom-alias',
        ...weights({ 2: 0.2 }),
      }),
      alias('get_alias_1_1', 'GET', 'aliasname1_1'),
      get('get_function_alias_1_1', '?Qualifier=aliasname1_1'),
      get('get_function_byarn_alias_1_1', '%3Aaliasname1_1'),
      get('get_function_alias_notfound_exc', '?Qualifier=aliasdoesnotexist'),
      get('get_function_alias_byarn_notfound_exc', '%3Aaliasdoesnotexist'),
      alias('create_alias_1_2', 'POST', 'aliasname1_2', {
        FunctionVersion: '1',
        Description: 'custom-alias',
      }),
      alias('get_alias_1_2', 'GET', 'aliasname1_2'),
      alias('create_alias_1_3', 'POST', 'aliasname1_3', { FunctionVersion: '1' }),
      alias('get_alias_1_3', 'GET', 'aliasname1_3'),
      alias('create_alias_2', 'POST', 'aliasname2', { FunctionVersion: '2', Description: 'custom-alias' }),
      alias('get_alias_2', 'GET', 'aliasname2'),
      aliases('list_aliases_for_fnname'),
      alias('update_alias_1_1', 'PUT', 'aliasname1_1', weights({})),
      alias('get_alias_1_1_after_update', 'GET', 'aliasname1_1'),
      aliases('list_aliases_for_fnname_after_update'),
      alias('update_alias_1_2', 'PUT', 'aliasname1_2', weights({})),
      alias('get_alias_1_2_after_update', 'GET', 'aliasname1_2'),
      aliases('list_aliases_for_fnname_after_update_2'),
      aliases('list_aliases_for_version', '?FunctionVersion=1'),
      alias('delete_alias_response', 'DELETE', 'aliasname1_1'),
      aliases('list_aliases_for_fnname_afterdelete'),
    ],
  },
  {
    recording: 'TestLambdaAlias::test_notfound_and_invalid_routingconfigs',
    ...NONE,
    calls: [
      create('create_response', { ...staging, Publish: true }),
      ...TWO_VERSIONS.slice(1),
      alias('routing_config_exc_toomany', 'POST', 'custom', {
        FunctionVersion: '1',
        ...weights({ 1: 0.8, 2: 0.2 }),
      }),
      alias('routing_config_exc_toohigh', 'POST', 'custom', { FunctionVersion: '1', ...weights({ 2: 2 }) }),
      alias('routing_config_exc_subzero', 'POST', 'custom', { FunctionVersion: '1', ...weights({ 2: -1 }) }),
      alias('routing_config_exc_sameversion', 'POST', 'custom', {
        FunctionVersion: '1',
        ...weights({ 1: 0.5 }),
      }),
      alias('target_version_doesnotexist', 'POST', 'custom', {
        FunctionVersion: '10',
        ...weights({ 2: 0.5 }),
      }),
      alias('routing_config_exc_version_doesnotexist', 'POST', 'custom', {
        FunctionVersion: '1',
        ...weights({ 10: 0.5 }),
      }),
      alias('target_version_exc_version_latest', 'POST', 'custom', {
        FunctionVersion: '$LATEST',
        ...weights({ 1: 0.5 }),
      }),
      alias('routing_config_exc_version_latest', 'POST', 'custom', {
        FunctionVersion: '1',
        ...weights({ $LATEST: 0.5 }),
      }),
      alias('create-alias-latest', 'POST', 'custom-latest', { FunctionVersion: '$LATEST' }),
      call('routing_config_exc_fn_doesnotexist', 'POST', `${F}/fn-unknown/aliases`, {
        Name: 'custom',
        FunctionVersion: '1',
        ...weights({ 2: 0.5 }),
      }),
      alias('create_alias_empty_routingconfig', 'POST', 'custom-empty-routingconfig', {
        FunctionVersion: '1',
        ...weights({}),
      }),
      alias('create_alias_response', 'POST', 'custom', { FunctionVersion: '1', ...weights({ 2: 0.5 }) }),
      alias('routing_config_exc_already_exist', 'POST', 'custom', {
        FunctionVersion: '1',
        ...weights({ 2: 0.5 }),
      }),
      alias('alias_does_not_exist_esc', 'GET', 'non-existent'),
    ],
  },
  {
    recording: 'TestLambdaAlias::test_alias_naming',
    ...NONE,
    calls: [
      create('create_response', staging),
      publish('publish_v1'),
      alias('create_alias_date', 'POST', '2024-01-02', { FunctionVersion: '1', Description: 'custom-alias' }),
      alias('get_alias_date', 'GET', '2024-01-02'),
      alias('create_alias_number_exception', 'POST', '2024', { FunctionVersion: '1' }),
    ],
  },
  {
    recording: 'TestLambdaAlias::test_non_existent_alias_deletion',
    ...NONE,
    calls: [create('create_response', staging), alias('delete_alias_response', 'DELETE', 'non-existent')],
  },
  {
    recording: 'TestLambdaAlias::test_non_existent_alias_update',
    ...NONE,
    calls: [create('create_response', staging), alias('update_alias_response', 'PUT', 'non-existent', {})],
  },
];
