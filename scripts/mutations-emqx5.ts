import type { Mutation } from './mutations';

/** Those that are held against EMQX 5: what EMQX 4.4 does not have, or where it shows sooner. */
export const MUTATIONS_EMQX5: readonly Mutation[] = [
  {
    name: 'an order that is not answered is waited for',
    file: 'upgrade/node-orders.ts',
    from: 'const PATIENCE_MS = 500;',
    to: 'const PATIENCE_MS = 5_000;',
    plan: 'so they are in an abort',
  },
  {
    name: 'the old cores go without cover for the Services of devices',
    file: 'upgrade/phases/hold.ts',
    from: 'const cover = drained ? coverTraffic(situation) : undefined;',
    to: 'const cover = undefined as Step | undefined;',
  },
  {
    name: 'beside replicants nobody is probed while devices leave the cores',
    file: 'upgrade/probes.ts',
    from: 'return takerOf(cluster, journal);',
    to: 'return takerOf(cluster, { ...journal, past: [] });',
    plan: 'while devices on cores are moved to replicants those are probed',
  },
  {
    name: 'an abort leads devices to old nodes that another change of the resource takes from the Service',
    file: 'upgrade/phases/abort.ts',
    from: 'const kept = keepOldNodes(situation);',
    to: 'const kept = undefined as Step | undefined;',
    plan: 'a Service keeps the old nodes in an abort that nobody drives, though somebody applies another template',
  },
  {
    name: 'cores are replaced before the replicants that need them',
    file: 'resource/v2beta1/generation.ts',
    from: 'setKinds: ROLES.map(',
    to: 'setKinds: [...ROLES].reverse().map(',
    fault: 'target-slow',
  },
  {
    name: 'the old template comes back without one core more',
    file: 'upgrade/phases/abort.ts',
    from: 'const progressing = untilProgressing(situation);',
    to: 'const progressing = undefined as Step | undefined;',
    fault: 'request-abort',
  },
  {
    name: 'only the nodes of the first role are replaced',
    file: 'upgrade/phases/hold.ts',
    from: 'const next = nextStage(journal);\n  if (next) {',
    to: 'const next = nextStage(journal);\n  if (next && !journal.later) {',
    fault: 'target-slow',
  },
  {
    name: 'a replicant that comes back under another name is not evacuated',
    file: 'upgrade/phases/hold.ts',
    from: 'if (!isShared && !areAllDrained(situation)) return evacuate(situation);',
    to: 'void isShared;',
    plan: 'an old pod that comes back before it is removed, with devices on it, is evacuated again',
  },
  {
    name: 'routes that have changed in the evacuation are not waited for',
    file: 'upgrade/phases/evacuate.ts',
    from: 'const takes = routesInMs === 0 && canTargetAccept(situation);',
    to: 'const takes = canTargetAccept(situation);',
    fault: 'blue-crash-kept',
  },
  {
    name: 'a node that answers late is waited for when the durable storage is read',
    file: 'upgrade/durable-storage.ts',
    from: 'within(this.clock, patienceMs, ask, signal)',
    to: 'within(this.clock, 60_000 + patienceMs, ask, signal)',
    fault: 'target-slow',
  },
];
