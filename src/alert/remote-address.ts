import { z } from 'zod';

/** More are a scan, and no sign that two incidents have one attacker. */
const MOST = 20;

const ipv4 = z.ipv4();
const ipv6 = z.ipv6();

/**
 * The addresses among `found` that can name an attacker: public ones, each once, in the order of the finding. Who else is
 * behind a private or shared address (RFC 1918, 6598, 4193, 3927, loopback, multicast) says nothing about who it was.
 */
export function remoteAddresses(found: readonly (string | null | undefined)[]): {
  readonly remoteAddresses?: readonly string[];
} {
  const known = found.flatMap((address) =>
    address === null || address === undefined ? [] : [address.toLowerCase()],
  );
  const named = [...new Set(known)].filter(isPublic).slice(0, MOST);
  return named.length === 0 ? {} : { remoteAddresses: named };
}

function isPublic(address: string): boolean {
  if (ipv4.safeParse(address).success) {
    const [first = 0, second = 0] = address.split('.').map(Number);
    return !(
      first === 0 ||
      first === 10 ||
      first === 127 ||
      first >= 224 ||
      (first === 100 && second >= 64 && second <= 127) ||
      (first === 169 && second === 254) ||
      (first === 172 && second >= 16 && second <= 31) ||
      (first === 192 && second === 168)
    );
  }
  // Global unicast is 2000::/3 (RFC 4291); everything else is local, multicast or unspecified.
  return ipv6.safeParse(address).success && /^[23]/.test(address);
}
