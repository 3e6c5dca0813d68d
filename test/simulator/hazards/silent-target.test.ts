import { atRest, SEED } from '../_cluster-at-rest';
import { type At, disturbed, nodesOf, onCluster, REQUEST } from './_play';

/** Most clients that are away at a time, looked at so often that no burst is missed. */
function watchAway(at: At): () => number {
  let most = 0;
  const look = () => {
    most = Math.max(most, at.ledger.report().stillOffline);
    at.world.clock.schedule(50, look);
  };
  look();
  return () => most;
}

describe(`a green node is frozen for 15 s while 3,000 devices are moved at 100/s (seed ${SEED})`, () => {
  test('x', () =>
    onCluster({ clients: 3_000 }, async (at) => {
      const most = watchAway(at);
      const upgrade = await disturbed(at, ['evacuate', 8_000], () => {
        const node = nodesOf(at, '4.4.15')[1]!.node;
        node.responsiveness.freeze(15_000);
        console.log('frozen', at.world.clock.now());
      });
      const { journal } = await at.context.cluster.observe();
      console.log(most(), JSON.stringify(journal?.incidents), JSON.stringify(upgrade), JSON.stringify(journal?.fleet), journal?.returnMs);
      console.log(at.events.filter((e) => e.kind !== 'sample').map((e) => `${e.at % 1e6} ${e.kind} ${'text' in e ? e.text : e.kind === 'phase' ? e.phase : ''}`).join('\n'));
      const seen = await at.seen();
      console.log(JSON.stringify({...seen}));
      expect(seen.stillOffline).toBe(0);
    }));
});
