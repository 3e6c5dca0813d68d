import type { FaultName } from '../src/simulator/faults/plan';

/** One deliberate fault of the engine: a text in one of its files that is replaced by another. */
export interface Mutation {
  name: string;
  /** Below `src/`. */
  file: string;
  from: string;
  to: string;
  /** Under which it shows first; the others are tried after it. */
  fault?: FaultName;
  /** The chosen plan under which it shows; the others are tried after it. */
  plan?: string;
}

/**
 * Each of them must be noticed by the simulated faults. What another check makes up for, such as a phase that is left too early when the
 * next one asks again, breaks no promise and is not among them. These are held against EMQX 4.4, whose plans are played faster.
 */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'each note makes what is refused new',
    file: 'upgrade/run-loop.ts',
    from: 'if (change.phase) this.failedActions.reset();',
    to: 'this.failedActions.reset();',
    plan: 'incidents that are recorded meanwhile do not reset the age of a refusal',
  },
  {
    name: 'slow nodes are waited for while the operator is held',
    file: 'upgrade/observe.ts',
    from: 'const PATIENCE_MS = 500;',
    to: 'const PATIENCE_MS = 5_000;',
    plan: 'nor does an old one in an abort',
  },
  {
    name: 'pods that the run removes itself are reported as lost',
    file: 'upgrade/incident-detector.ts',
    from: 'return (retires && set === from.set) ||',
    to: "return (retires && set === '') ||",
  },
  {
    name: 'an adaptive rate is raised whatever is offline',
    file: 'upgrade/adaptive-pace.ts',
    from: 'if (isTooMany(rate, seen)) return',
    to: 'if (seen.away < 0) return',
    plan: 'an adaptive rate follows what the new nodes accept',
  },
  {
    name: 'each node gets the whole cap',
    file: 'upgrade/phases/evacuate.ts',
    from: 'connectionsPerSecond: part.connectionsPerSecond,',
    to: 'connectionsPerSecond: journal.connectionCap,',
  },
  {
    name: 'a node that gets more starts again in the second of its last burst',
    file: 'upgrade/phases/raise.ts',
    from: 'return at === undefined ? UNKNOWN_PAUSE_MS : Math.max(0, at + PAUSED_MS - observation.at);',
    to: 'return 0;',
  },
  {
    name: 'a node that does not answer is taken for drained',
    file: 'upgrade/observation.ts',
    from: 'node !== undefined &&\n    node.unreachable === undefined &&\n    node.evacuating &&',
    to: 'node?.unreachable !== undefined ||\n    node?.evacuating === true &&',
    fault: 'emqx-unavailable',
  },
  {
    name: 'blue is retired when one of its nodes is drained',
    file: 'upgrade/phases/evacuate.ts',
    from: 'pods.every((pod) => stopped.includes(pod) ||',
    to: 'pods.some((pod) => stopped.includes(pod) ||',
  },
  {
    name: 'blue is retired without a second look at its nodes',
    file: 'upgrade/phases/hold.ts',
    from: 'const drained = areAllDrained(situation) && canTargetAccept(situation) && hasTargetAnswered(situation);',
    to: 'const drained = true;',
  },
  {
    name: 'a refusal is asked about without end',
    file: 'upgrade/run-loop.ts',
    from: 'if (failures.isRefused || isSilent) throw',
    to: 'if (isSilent && !failures.isRefused) throw',
    fault: 'credentials-refused',
  },
  {
    name: 'what fails is tried again at once, and reported each time',
    file: 'upgrade/run-loop.ts',
    from: 'await this.context.clock.sleep(failures.waitMs, signal);',
    to: "this.report('warning', (error as Error).message);\n    await this.context.clock.sleep(100, signal);",
    fault: 'api-unreachable',
  },
  {
    name: 'a watch that broke is opened again at once',
    file: 'kubernetes/reflector.ts',
    from: 'await this.clock.sleep(backOffMs(++failures, who), either.signal).catch(',
    to: 'await this.clock.sleep(100, either.signal).catch(',
    fault: 'api-unreachable',
  },
  {
    name: 'a watch is believed also after a write has met something newer, and for as long as the run lasts',
    file: 'upgrade/run-loop.ts',
    from: 'const fresh = this.freshness.mustRead(this.journal.phase);',
    to: 'const fresh = !this.lease.isOurs;',
    plan: 'a silent watch is not trusted after a conflict',
  },
  {
    name: 'the holder of the lease is not looked at',
    file: 'upgrade/run-loop.ts',
    from: 'if (lease && lease.holder !== this.context.holder) throw',
    to: 'if (lease && lease.holder === undefined) throw',
    fault: 'lease-stolen',
  },
  {
    name: 'the lease is taken from a holder that lives',
    file: 'kubernetes/lease.ts',
    from: 'if (!mine && this.isLive(lease)) {',
    to: 'if (!mine && !holder) {',
    fault: 'two-engines-begin',
  },
  {
    name: 'the lease is not renewed',
    file: 'upgrade/held-lease.ts',
    from: 'if (!this.isDue) return;',
    to: 'if (Number.isFinite(this.at)) return;',
    fault: 'request-pause',
  },
  {
    name: 'each write renews the lease for itself, and takes a refusal for its loss',
    file: 'upgrade/held-lease.ts',
    from: `this.renewing ??= this.renew(signal).finally(() => {
      this.renewing = undefined;
    });
    await this.renewing;`,
    to: `const asked = this.clock.now();
    await this.cluster.holdLease(this.holder, signal).catch((error) => {
      throw error.code === 'conflict' ? leaseLost(error.message, error) : error;
    });
    this.at = asked;`,
    fault: 'requests-overlap',
  },
  {
    name: 'the lease of somebody else is given back',
    file: 'kubernetes/lease.ts',
    from: 'if (lease?.spec.holderIdentity !== holder) return;',
    to: 'if (!lease) return;',
    fault: 'two-engines-begin',
  },
  {
    name: 'a process that was paused acts on what it saw before',
    file: 'upgrade/held-lease.ts',
    from: 'return this.clock.now() - this.at < LEASE_MS;',
    to: 'return true;',
    plan: 'a process that was suspended while it waited for a place in the second observes again, whatever others have done meanwhile',
  },
  {
    name: 'the delay is given back before blue is gone',
    file: 'upgrade/phases/evacuate.ts',
    from: "return evacuateSet(situation, 'blue', 'retire');",
    to: "return evacuateSet(situation, 'blue', 'release');",
  },
  {
    name: 'the operator is not held again',
    file: 'upgrade/decide.ts',
    from: 'if (!isHeld(resource)) {',
    to: 'if (!resource) {',
    fault: 'delay-reset',
  },
  {
    name: 'the template comes without the hold',
    file: 'upgrade/phases/hold.ts',
    from: 'spec: specPatch(target, true)',
    to: 'spec: specPatch(target, false)',
    fault: 'request-pause',
  },
  {
    name: 'a changed template is not noticed',
    file: 'upgrade/decide.ts',
    from: 'if (target.liveDigest !== wantedDigest(journal)) {',
    to: "if (target.liveDigest === '') {",
    fault: 'template-edited',
  },
  {
    name: 'whether green can take devices is not asked',
    file: 'upgrade/phases/common.ts',
    from: 'if (!target || target.readyReplicas < wanted) return false;',
    to: 'if (target) return true;\n  if (!target) return false;',
    fault: 'green-crash-lost',
  },
  {
    name: 'readiness gates stay closed',
    file: 'upgrade/phases/common.ts',
    from: '.filter((pod) => pod.containersReady && !pod.onServing && !pod.terminating)',
    to: '.filter((pod) => pod.containersReady && pod.terminating)',
    fault: 'green-crash-lost',
  },
  {
    name: 'an evacuation that was lost is not begun again',
    file: 'upgrade/phases/evacuate.ts',
    from: 'node.unreachable !== undefined || node.evacuating) return [];',
    to: 'node.unreachable !== undefined || node.evacuating || observation.at - journal.evacuation!.startedAt > 3e3) return [];',
    fault: 'blue-crash-lost',
  },
  {
    name: 'the journal does not keep which set is green',
    file: 'upgrade/run-loop.ts',
    from: 'const next: Journal = { ...this.journal, stopped: undefined, ...change };',
    to: 'const next: Journal = { ...this.journal, stopped: undefined, ...change, to: this.journal.to };',
    fault: 'api-5xx',
  },
  {
    name: 'what the resource asked for is not kept',
    file: 'upgrade/run-loop.ts',
    from: 'await cluster.keepSpec(journal.run, former, signal);',
    to: 'void former;',
    fault: 'request-abort',
  },
  {
    name: 'a request is removed that came after the one that was read',
    file: 'kubernetes/companions.ts',
    from: '...(over && { metadata: { resourceVersion: over.version } }),',
    to: '...(over && !over.answersRequest && { metadata: { resourceVersion: over.version } }),',
    fault: 'request-hasty',
  },
  {
    name: 'nodes go on at the old rate',
    file: 'upgrade/phases/evacuate.ts',
    from: 'const restart = stopsToRestart(situation);',
    to: 'const restart = stopsToRestart(situation).slice(9);',
    fault: 'request-rate',
  },
  {
    name: 'a pause stops no node',
    file: 'upgrade/phases/common.ts',
    from: "if (phase === 'evacuate' || phase === 'return') return stopOrders(",
    to: "if (phase === 'return') return stopOrders(",
    fault: 'request-pause',
  },
  {
    name: 'nodes are not told to stop',
    file: 'upgrade/phases/common.ts',
    from: 'return nodes.filter((node) => node.evacuating).map(',
    to: 'return nodes.filter((node) => node.evacuating && node.connections > 1e6).map(',
    fault: 'request-pause',
  },
  {
    name: 'the way back ends before green is gone',
    file: 'upgrade/phases/evacuate.ts',
    from: "return { kind: 'next', phase: 'retire-green', note: { evacuation, ...endHalt(situation) } };",
    to: "return { kind: 'next', phase: 'release', note: { evacuation, ...endHalt(situation) } };",
    fault: 'request-abort',
  },
  {
    name: 'green is removed with the devices on it',
    file: 'upgrade/phases/evacuate.ts',
    from: 'return running.every((pod) => isDrained(nodes.get(pod.name)) || !hasServed(pod));',
    to: 'return running.every((pod) => isDrained(nodes.get(pod.name)) || hasServed(pod));',
    fault: 'request-abort',
  },
  {
    name: 'the Service is left tied to green',
    file: 'upgrade/phases/hold.ts',
    from: 'const isComplete = pinned.length === 0 && restored.length === 0 && lead;',
    to: 'const isComplete = true;',
  },
  {
    name: 'a wave begins in the second in which the one before ended',
    file: 'upgrade/phases/evacuate.ts',
    from: 'if (wave !== (journal.wave ?? 0)) return',
    to: 'if (wave < 0) return',
    fault: 'old-manifest-applied',
  },
  {
    name: 'what is refused is asked for again and again',
    file: 'upgrade/action-failures.ts',
    from: 'if (count > REFUSALS) return',
    to: 'if (count < 0) return',
    fault: 'policy-services',
  },
  {
    name: 'of two sets with one image it is not asked which one is wanted',
    file: 'resource/v1beta4/wanted-set.ts',
    from: 'return sides.size === 1 ? side : undefined;',
    to: 'return blue.image !== green.image && sides.size === 1 ? side : undefined;',
    plan: 'an upgrade that the operator began without a new image is taken over',
  },
  {
    name: 'nobody asks why pods are not created',
    file: 'kubernetes/creation-troubles.ts',
    from: 'return first && oneLine(first);',
    to: 'return first && undefined;',
    fault: 'quota-full',
  },
  {
    name: 'a hold is left as heartbeats have lowered it',
    file: 'upgrade/phases/hold.ts',
    from: 'if (generation.delayOf(resource) !== wanted) {',
    to: 'if (wanted < 1e9 && generation.delayOf(resource) !== wanted) {',
    fault: 'request-pause',
  },
  {
    name: 'what has the label is taken for the cluster’s own',
    file: 'kubernetes/ownership.ts',
    from: 'const own = sets.filter((set) => isControlledBy(set, resource));',
    to: 'const own = [...sets];',
    fault: 'foreign-set',
  },
  {
    name: 'a node that takes devices is believed to answer',
    file: 'upgrade/phases/common.ts',
    from: 'return probe?.serves === false ? [',
    to: 'return probe && probe.serves === null ? [',
    fault: 'target-frozen',
  },
  {
    name: 'a node that does not answer keeps its rate when the cap is lowered',
    file: 'upgrade/phases/evacuate.ts',
    from: 'restart.length + silentToRestart(situation).length === 0',
    to: 'restart.length === 0',
    plan: 'nothing is started beside a node that does not answer, and may evict at the rate of before',
  },
  {
    name: 'so does one that has not answered for a while',
    file: 'upgrade/phases/shares.ts',
    from: '(node) => node.unreachable !== undefined || node.evacuating',
    to: '(node) => node.unreachable === undefined && node.evacuating',
    plan: 'nor beside one that has not answered for a while',
  },
  {
    name: 'any number of devices may be away',
    file: 'upgrade/phases/offline-devices.ts',
    from: 'const budget = offlineBudget(journal);\n  if (budget === undefined || !journal.evacuation) return false;',
    to: 'const budget = offlineBudget(journal);\n  if (budget !== -1) return false;',
    fault: 'clients-slow',
  },
  {
    name: 'a probe is not made again',
    file: 'upgrade/probes.ts',
    from: 'if (state.underWay || now - state.askedAt < EVERY_MS) return;',
    to: 'if (state.underWay || state.answered) return;',
    fault: 'target-frozen',
  },
];
