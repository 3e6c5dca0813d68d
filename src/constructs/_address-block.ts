import { isIP } from 'node:net';
import type { Rule } from '../resource/rules';

/** A network: an address and the length of its prefix. */
export const addressBlock: Rule = (value) => {
  const [address = '', bits = '', ...more] = typeof value === 'string' ? value.split('/') : [];
  const version = isIP(address);
  const sound = version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  if (sound && more.length === 0) return undefined;
  return {
    bound: 'a block of addresses in CIDR notation',
    reason: 'Kubernetes refuses other forms, also of one address',
    fix: 'write for example "10.0.0.0/8", or "192.0.2.7/32" for one address',
  };
};
