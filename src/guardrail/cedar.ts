// The order of these two imports matters: modules are evaluated in the order in which they are named.
import './wasm-flags.ts';

// biome-ignore lint/performance/noBarrelFile: not a barrel; the one door to Cedar, so that the flag is always set first.
export {
  checkParsePolicySet,
  checkParseSchema,
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  preparseSchema,
  schemaToJson,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
