/**
 * Why a node cannot be queried, where the reason shows the fix.
 *
 * - `forbidden`: the API server refuses the port-forward (403).
 * - `no-tunnel`: something between this process and the pod does not forward WebSockets (400, 426, 502, or an ordinary answer).
 * - `unauthorized`: the API server refuses the credentials (401), or they could not be obtained.
 * - `password`: the node itself refuses the operator's password (401).
 * - `no-credentials`: the Secret with the operator's credentials does not exist.
 * - `api-key`: the node itself refuses the operator's API key (401, EMQX 5 and 6).
 */
export type Obstacle = 'forbidden' | 'no-tunnel' | 'unauthorized' | 'password' | 'no-credentials' | 'api-key';

const CURES: Readonly<Record<Obstacle, string>> = {
  forbidden:
    'grant `create` and `get` on pods/portforward, as the construct UpgradeAccess does; or reach the nodes another way (--emqx-url)',
  'no-tunnel':
    'a proxy in front of the API server does not forward WebSockets, which a port-forward needs: allow them, bypass the proxy, or reach the nodes another way (--emqx-url)',
  unauthorized: 'log in again as you do for kubectl; `kubectl auth whoami` shows whether it helped',
  password:
    'the operator’s password in the Secret <cluster>-bootstrap-user differs from the one on the nodes: it was changed in only one of the two places',
  'no-credentials':
    'restore the Secret <cluster>-bootstrap-user (EMQX 4) or <cluster>-bootstrap-api-key as it was: what the operator writes into a new one is unknown to the running nodes; of EMQX 5 and 6 you may also make an API key in the dashboard, and put it into the Secret <cluster>-upgrade-api-key, under `key` and `secret`',
  // EMQX 6.3.0, pull request 18852 of emqx/emqx: the first node of 6.3.0 writes the shared key in a form that 6.2 cannot read.
  'api-key':
    'the node does not know the operator’s API key in the Secret <cluster>-bootstrap-api-key: the Secret was changed after the cluster was created, or a node of 6.3.0 has joined nodes of 6.2, which cannot read the key any more (fixed in 6.3.1): on one core of 6.2 run `emqx eval "emqx_mgmt_auth:try_init_bootstrap_file()."`; or make an API key in the dashboard, and put it into the Secret <cluster>-upgrade-api-key, under `key` and `secret`',
};

/** How to make silent nodes answer, each fix once. */
export function curesOf(silent: readonly { obstacle?: Obstacle | undefined }[]): string {
  const obstacles = new Set(silent.map(({ obstacle }) => obstacle));
  return [...obstacles]
    .map((obstacle) =>
      obstacle ? CURES[obstacle] : 'check the pods and their logs: the brokers may hang, or not be up yet',
    )
    .join('; ');
}
