import { blocker, type Finding, ok, warning } from './check';

/**
 * Whether the license suffices for devices that reconnect while their old connection is still counted.
 *
 * @param connections those of the running nodes; null where one of them does not answer
 */
export function licenseCheck(connections: number | null, licensed: number): Finding {
  if (connections === null) {
    return warning(
      'how many of the licensed connections are in use is unknown',
      'make sure first that every node answers',
    );
  }
  const text = `${connections} of ${licensed} licensed connections in use`;
  if (connections >= licensed) return blocker(text, 'devices could not reconnect: extend the license first');
  if (connections > 0.9 * licensed) {
    return warning(text, 'devices that reconnect while the old connection is still counted may be refused');
  }
  return ok(text);
}
