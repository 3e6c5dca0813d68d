import type { Scene } from './scene';
import { clientIds, isSticking } from './stage';

/** The longest time to reconnect: the reconnect period with its jitter, a few times. */
const SETTLE_MS = 10_000;

/** An operator of EMQX 5 at rest makes a pass within this time, ms. */
const NEXT_PASS_MS = 35_000;

/** The offline devices reconnect within this time, in ms. */
const RETURN_MS = 10_000;

/** After the end every client is back, and every session is somewhere. */
export async function checkClients(scene: Scene): Promise<void> {
  const { clock, judge, stage } = scene;
  await clock.sleep(stage.size.generation === 4 ? SETTLE_MS : NEXT_PASS_MS);
  // A node that is still frozen accepts no clients.
  while (judge.causes.silent.size > 0) await clock.sleep(1_000);
  const registry = scene.world.pods.running[0]?.node.cluster.registry;
  for (const client of clientIds(stage.size)) {
    if (isSticking(client)) continue;
    const session = registry?.find(client);
    const isBack = session?.channel !== undefined;
    const mustBeBack = !client.startsWith('away') && !client.startsWith('gone');
    if (mustBeBack && !isBack) judge.fail('clients', `${client} is not back`);
    const keeps = !client.startsWith('plain');
    if (keeps && !session && !judge.causes.lost.has(client)) judge.fail('sessions', `the session of ${client} is gone`);
  }
  await Promise.race([stage.population.returnDevices(), clock.sleep(RETURN_MS)]);
  await clock.sleep(100);
  if (stage.size.durable) checkMessages(scene);
  const { messagesQueued, messagesDelivered } = stage.ledger.report();
  const lost = [...judge.causes.lost].filter((client) => client.startsWith('away')).length;
  const mayBeLost = stage.size.durable && judge.causes.volumesLost;
  if (!mayBeLost && messagesDelivered < messagesQueued - lost) {
    judge.fail(
      'sessions',
      `${messagesDelivered} of ${messagesQueued} messages were delivered, ${lost} lost with nodes`,
    );
  }
}

/** What is published at the very end may still be on its way; where a volume was lost, so was what was stored there. */
function checkMessages({ judge, stage }: Scene): void {
  if (judge.causes.volumesLost) return;
  const ids = clientIds(stage.size);
  const { messages } = stage.ledger;
  const isUnstored = (message: number) =>
    judge.causes.unstored.some(({ first, next }) => message >= first && message < next);
  for (const { client, messages: all } of messages.missing()) {
    const id = ids[client] ?? '';
    const missing = all.filter((message) => !isUnstored(message));
    if (id.startsWith('gone') || missing.length === 0) continue;
    judge.fail('P7', `${missing.length} messages for ${id} are lost, of ${messages.acknowledgedCount} to all`);
  }
}
