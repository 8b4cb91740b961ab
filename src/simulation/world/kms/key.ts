import { createECDH, createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import type { Access, Core } from '../call.ts';
import type { PolicyDocument } from '../policy/document.ts';
import type { KmsKey } from './state.ts';

/** PKCS#8 of an Ed25519 private key, up to the 32 bytes themselves (RFC 8410, section 7). */
const ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The private key of an asymmetric key. */
export function privateKey(key: KmsKey): KeyObject {
  if (key.spec === 'ECC_NIST_EDWARDS25519') {
    const der = Buffer.concat([ED25519_PREFIX, key.secret]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  }
  // Below the order of the curve but for one chance in 2^32: the first bytes of the order are ones.
  const scalar = createHash('sha256').update(key.secret).digest();
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: scalar.toString('base64url'),
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
}

/** The key of an id, alias or ARN, in a Region; `undefined` when there is none. */
export function findKey(core: Pick<Core, 'state'>, region: string, named: string): KmsKey | undefined {
  const last = named.startsWith('arn:') ? named.split(':').slice(5).join(':') : named;
  return [...core.state.keys.values()].find(
    (key) =>
      key.region === region &&
      (key.arn === named || key.id === named || `key/${key.id}` === last || key.alias === last),
  );
}

/**
 * Access to a key. Unlike elsewhere, identity policies count only where the key's own policy lets the
 * account in (KMS developer guide, "Key policies").
 */
export function keyAccess(
  core: Pick<Core, 'state'>,
  arn: string,
  action: string,
  context: Access['context'] = {},
): Access {
  const policy: PolicyDocument = core.state.keys.get(arn)?.policy.parsed ?? { statements: [] };
  const known = core.state.keys.has(arn);
  return {
    action,
    resource: arn,
    context,
    ...(known ? { resourcePolicy: policy, resourceMustAllow: true } : {}),
  };
}
