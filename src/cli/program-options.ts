import { type Command, Option } from 'commander';

/** Options that several commands have. */

export const ownCluster = () =>
  new Option(
    '-f, --file <manifest>',
    'manifest of your own cluster, instead of the quickstart; - reads standard input',
  );
export const generation = (...others: string[]) =>
  new Option('--generation <number>', 'of the quickstart: EMQX 4.4 (4, the default), or EMQX 5 (5)')
    .choices(['4', '5'])
    .conflicts(others);
export const toVersion = () =>
  new Option('--set-version <version>', 'EMQX version to upgrade to; nothing else changes');
export const nextVersion = () =>
  new Option('--set-version <version>', 'EMQX version to upgrade to (default: the next patch version of the cluster)');
export const devices = () =>
  new Option(
    '--devices <libraries>',
    'their MQTT libraries, such as mqtt.js@5.15=60%,hivemq=40%, or a file with a list of them (docs/devices.md)',
  );

export const clients = () =>
  new Option('--clients <count>', 'connected clients; a tenth as many offline devices are added').default('3000');
export const offlineBudget = () =>
  new Option(
    '--offline-budget <count>',
    'most devices that may be offline at a time, or none for no limit (default: by the rate)',
  );
export const pacing = () =>
  new Option(
    '--pacing <way>',
    'disconnect devices at the rate, or adaptive: as fast as they reconnect, at most at the rate (default: fixed)',
  ).choices(['fixed', 'adaptive']);
export const seed = () => new Option('--seed <number>', 'seed of everything random').default('1');
export const driver = () =>
  new Option('--driver <driver>', 'what drives the upgrade').choices(['pilot', 'operator']).default('pilot');
export const output = () =>
  new Option('-o, --output <form>', 'output format: for people or for programs')
    .choices(['text', 'json'])
    .default('text');

export const html = () => new Option('--html <file>', 'file to write the report to, as a page for a browser');

/** Parser of an option that may be given several times. */
export const several = (value: string, values: string[] = []) => [...values, value];

/** Options: which cluster, and how to reach it. */
export function addCluster(command: Command): void {
  command
    .argument(
      '[name]',
      'the cluster, as NAME, emqxenterprise/NAME or emqx/NAME; optional if its namespace has exactly one',
    )
    .option(
      '-n, --namespace <namespace>',
      'namespace of the cluster (default: that of the manifest, or of the context)',
    );
  addAccess(command);
  command.addOption(output());
}

/** Options: how to reach the API server, and the nodes. */
export function addAccess(command: Command): void {
  command
    .option('--context <name>', 'context of the kubeconfig (default: the current one)')
    .option('--kubeconfig <file>', 'path of the kubeconfig (default: as kubectl)')
    .option('--as <user>', 'impersonate this user, as kubectl does')
    .option('--as-group <group>', 'impersonate this group, too; may be given several times', several)
    .option('--as-uid <uid>', 'impersonate this UID')
    .option(
      '--request-timeout <time>',
      'timeout of one request to the API server, such as 10s; 0 for no timeout (default: 30s)',
    )
    .option(
      '--emqx-url <template>',
      'URL of the management API, with {pod} and {namespace} as placeholders (default: port-forward)',
    );
}

/** Asks that nodes are not asked for their clients. */
export function noFleet(): Option {
  return new Option('--no-fleet', 'without the devices: no node is asked for a sample of its clients');
}
