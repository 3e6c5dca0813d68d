import type { KubeObject } from '../src/kubernetes';
import { API_VERSION, type EmqxEnterprise, isHeld, KIND } from '../src/resource';
import type { Site } from './_site';

/** Resolves when somebody has let go of the operator and it is held again, with the milliseconds for which it was not. */
export async function heldAgain({ namespace, world, patience }: Site): Promise<number> {
  const query = { apiVersion: API_VERSION, kind: KIND, namespace };
  let since: number | undefined;
  for await (const { object } of world.api.watch<EmqxEnterprise & KubeObject>(query, {}, patience)) {
    if (!isHeld(object)) since ??= performance.now();
    else if (since !== undefined) return performance.now() - since;
  }
  throw new Error('waited in vain for the operator to be held again');
}

/** What the operator has said it did to the old nodes; while it is held it says that it waits. */
export async function deedsOfOperator({ namespace, world }: Site): Promise<string[]> {
  const query = { apiVersion: 'v1', kind: 'Event', namespace };
  const { items } = await world.api.list<KubeObject & { reason: string; message: string }>(query);
  const said = items.filter(({ reason }) => reason === 'Evacuate').map(({ message }) => message);
  return said.filter((message) => !/^Delay \d{10} seconds$/.test(message));
}
