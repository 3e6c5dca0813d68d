import type { Journal } from '../../../upgrade';
import { parseControl } from '../../../upgrade/control';
import { journalIn } from '../facts';
import type { Bench, Invariant } from '../invariant';

/** Undisturbed milliseconds after which a paused run evicts no more devices. */
const REACTION_MS = 2_500;

/** A request to a run is accepted or rejected before it is removed, and a paused run disconnects no devices. */
export function requests({ facts, health, isProcess, evictsForOperator, waitsToStop, fail }: Bench): Invariant {
  let pausedAt: number | undefined;
  return {
    stored({ object, previous }, author) {
      if (object.kind !== 'ConfigMap') return;
      const journal = journalIn(object);
      if (!journal?.paused) pausedAt = undefined;
      else pausedAt ??= health.tick();
      const asked = requestIn(previous);
      if (!isProcess(author) || asked === undefined || requestIn(object) !== undefined) return;
      if (!journal || !answers(journal, asked)) fail('requests', `"${asked}" is removed without effect`);
    },
    evicted(client, node) {
      const pod = facts.podOf(node);
      if (pausedAt === undefined || evictsForOperator(pod) || waitsToStop(pod)) return;
      const since = health.tick() - pausedAt;
      if (since > REACTION_MS) fail('requests', `${client} is evicted from ${pod}, ${since} ms into a pause`);
    },
  };
}

function requestIn(configMap: object | undefined): string | undefined {
  return (configMap as { data?: Record<string, string> } | undefined)?.data?.['request'];
}

function answers(journal: Journal, asked: string): boolean {
  const { refused } = journal;
  if (refused?.request === asked) return true;
  const control = parseControl(asked);
  switch (control?.do) {
    case 'pause':
      return journal.paused !== undefined;
    case 'resume':
      return journal.paused === undefined;
    case 'rate':
      return journal.connectionCap === control.perSecond;
    case 'abort':
      return journal.aborted !== undefined;
    case undefined:
      return false;
  }
}
