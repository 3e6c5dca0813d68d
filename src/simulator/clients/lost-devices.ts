import type { CompleteGroup } from './client-group';
import type { ClientLedger } from './client-ledger';
import type { Ending } from './reconnect-policy';

/** Devices that never try to connect again, for one reason. */
export interface LostDevices {
  /** What they are: the name of a preset, or of a group. */
  devices: string;
  ending: Ending;
  count: number;
}

/** Clients that are alike, and the number in the ledger of the first; those of the others follow. */
export interface NumberedGroup {
  group: CompleteGroup;
  first: number;
}

/** Who never tries to connect again, and why: in the order of the groups. */
export function lostDevices(groups: readonly NumberedGroup[], ledger: ClientLedger): LostDevices[] {
  const lost = new Map<string, LostDevices>();
  for (const { group, first } of groups) {
    for (let client = first; client < first + group.count; client++) {
      const ending = ledger.endingOf(client);
      if (ending === undefined) continue;
      const key = `${group.devices} ${ending}`;
      const entry = lost.get(key) ?? { devices: group.devices, ending, count: 0 };
      entry.count++;
      lost.set(key, entry);
    }
  }
  return [...lost.values()];
}
