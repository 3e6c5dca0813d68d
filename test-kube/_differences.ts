import type { KubeObject } from '../src/kubernetes';
import { GROUP } from '../src/resource';

/**
 * What is not stored as it was sent, a place a line. Fields beside those that were sent are the server's own, and no
 * difference; a list is stored whole.
 *
 * Kubernetes does not write out the zero value of a field of its own kinds that may be left out: to them it is the same.
 */
export function differences(sent: KubeObject, stored: KubeObject): string[] {
  return compare(readable(sent), stored, '', !sent.apiVersion.startsWith(`${GROUP}/`));
}

/** The text of a Secret can be written, but only be read as data. */
function readable(object: KubeObject & { stringData?: Record<string, string>; data?: object }): object {
  if (object.kind !== 'Secret' || !object.stringData) return object;
  const { stringData, data, ...rest } = object;
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } };
}

function compare(sent: unknown, stored: unknown, path: string, omitsZero: boolean): string[] {
  if (typeof sent === 'object' && sent !== null && typeof stored === 'object' && stored !== null) {
    const longer = Array.isArray(sent) && Array.isArray(stored) && stored.length > sent.length;
    return [
      ...Object.entries(sent).flatMap(([key, value]) =>
        compare(value, (stored as Record<string, unknown>)[key], `${path}.${key}`, omitsZero),
      ),
      ...(longer ? [`${path} has more items than were sent`] : []),
    ];
  }
  if (Object.is(sent, stored)) return [];
  if (omitsZero && stored === undefined && ['', 0, false].includes(sent as string | number | boolean)) return [];
  return [`${path}: sent ${JSON.stringify(sent)}, stored ${JSON.stringify(stored)}`];
}
