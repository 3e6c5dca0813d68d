import { performance } from 'node:perf_hooks';
import { versionOf } from '../resource';
import { nodesWanted } from '../upgrade/observation';
import { EXIT, type ExitCode } from './exit';
import { writeHtml } from './html-file';
import { asInputError } from './local-cluster';
import type { CapsDocument } from './page/caps-document';
import { renderCaps } from './render/caps';
import { count, json, time } from './render/text';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { type SimulateFlags, settingOf } from './simulate-setting';
import { SimulationProgress } from './simulation-progress';
import { Simulations } from './simulations';

export const MODEL =
  'This is a model in virtual time: no cluster was touched. docs/simulator.md states what of it was measured and what is left out.';

/** Simulates the upgrade with each cap. */
export async function runCaps(flags: SimulateFlags, shell: Shell): Promise<ExitCode> {
  const { setting, caps, clients, offline, notes } = await settingOf(flags, shell);
  const { cluster, desired, seed = 1 } = setting;
  const { name, namespace = 'default' } = cluster.metadata;
  const isText = flags.output === 'text';
  const [from, to] = [versionOf(cluster), versionOf(desired)];
  const nodes = nodesWanted(cluster);
  const isAdaptive = setting.pacing === 'adaptive';
  if (isText) {
    const what = `${namespace}/${name}: ${from} → ${to}, ${count(nodes)} nodes, ${count(clients)} devices and ${count(offline)} offline ones${isAdaptive ? ', adaptive pacing' : ''}`;
    shell.out.write(`${[MODEL, ...notes, what].join('\n')}\n\n`);
  }
  const began = performance.now();
  const progress = new SimulationProgress(shell, isText);
  const simulations = new Simulations({ thread: shell.simulationThread, devices: clients + offline });
  const play = (cap: number) =>
    simulations.play({ way: 'cap', scenario: setting, capPerSecond: cap }, (seen) =>
      progress.see(seen, `at ${count(cap)} per second`),
    );
  const runs = await asInputError(Promise.all(caps.map(play))).finally(() => simulations.end());
  progress.end();
  const document: CapsDocument = {
    cluster: name,
    namespace,
    from,
    to,
    nodes,
    clients,
    offlineDevices: offline,
    seed,
    ...(isAdaptive && { pacing: 'adaptive' }),
    caps: runs,
  };
  if (isText) {
    const took = `${time(progress.simulatedMs)} were simulated in ${time(performance.now() - began)}.`;
    const end = progress.simulatedMs > 0 ? ['', took] : [];
    shell.out.write(`${[...renderCaps(runs, canvasOf(shell)), ...end].join('\n')}\n`);
  } else shell.out.write(`${json(document, 2)}\n`);
  await writeHtml(flags.html, async () => (await import('./page/caps-page.js')).renderCapsPage(document), shell);
  return runs.some((run) => 'report' in run) ? EXIT.done : EXIT.blocked;
}
