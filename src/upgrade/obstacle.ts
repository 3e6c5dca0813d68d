/**
 * Why a node cannot be asked, where the answer names the cure.
 *
 * - `forbidden`: the API server refuses the port-forward (403).
 * - `no-tunnel`: something between here and the pod does not pass WebSockets on (400, 426, 502, or an ordinary answer).
 * - `unauthorized`: the API server refuses the credentials (401), or they could not be had.
 * - `password`: the node itself refuses the operator's password (401).
 */
export type Obstacle = 'forbidden' | 'no-tunnel' | 'unauthorized' | 'password';

const CURES: Readonly<Record<Obstacle, string>> = {
  forbidden:
    'grant `create` and `get` on pods/portforward, as the construct UpgradeAccess does; or reach the nodes another way (--emqx-url)',
  'no-tunnel':
    'a proxy before the API server does not pass WebSockets on, which a port-forward needs: let it, go past it, or reach the nodes another way (--emqx-url)',
  unauthorized: 'log in again as you do for kubectl; `kubectl auth whoami` tells whether it helped',
  password:
    'the operator’s password in the Secret <cluster>-bootstrap-user is not the one the nodes have: it was changed in the one place and not in the other',
};

/** What makes nodes answer that do not, each cure once. */
export function curesOf(silent: readonly { obstacle?: Obstacle | undefined }[]): string {
  const obstacles = new Set(silent.map(({ obstacle }) => obstacle));
  return [...obstacles]
    .map((obstacle) =>
      obstacle ? CURES[obstacle] : 'look at the pods and their logs: the brokers may hang, or not be up yet',
    )
    .join('; ');
}
