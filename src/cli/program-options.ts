import { Option } from 'commander';

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
export const clients = () =>
  new Option('--clients <count>', 'connected clients; a tenth as many offline devices are added').default('3000');
export const seed = () => new Option('--seed <number>', 'seed of everything random').default('1');
export const driver = () =>
  new Option('--driver <driver>', 'what drives the upgrade').choices(['pilot', 'operator']).default('pilot');
export const output = () =>
  new Option('-o, --output <form>', 'output format: for people or for programs')
    .choices(['text', 'json'])
    .default('text');
