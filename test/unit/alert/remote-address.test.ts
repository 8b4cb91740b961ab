import { expect, test } from '@jest/globals';
import { remoteAddresses } from '../../../src/alert/remote-address.ts';

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  'fe80::1',
  'fd00::1',
  '1.2.3',
  '1.2.3.4.5',
  'localhost',
  '',
])('%j names nobody', (address) => {
  expect(remoteAddresses([address])).toEqual({});
});

test.each(['198.51.100.7', '100.128.0.1', '172.32.0.1', '2001:DB8::1'])(
  '%s may name an attacker',
  (address) => {
    expect(remoteAddresses([address])).toEqual({ remoteAddresses: [address.toLowerCase()] });
  },
);

test('each counts once, the first of many in their order, and what is absent is left out', () => {
  const many = Array.from({ length: 30 }, (_, index) => `198.51.100.${index}`);
  expect(remoteAddresses([null, undefined, ...many, ...many])).toEqual({
    remoteAddresses: many.slice(0, 20),
  });
});
