import { COST_BOUNDS, upgradeCost } from '../../bench/cost';

test('an evacuation asks the API server and the nodes for little', async () => {
  const { minutes, writes, reads, perNode } = await upgradeCost();
  expect(minutes).toBeGreaterThan(2);
  expect(writes).toBeLessThanOrEqual(COST_BOUNDS.writes);
  expect(reads).toBeLessThanOrEqual(COST_BOUNDS.reads);
  expect(perNode).toBeLessThanOrEqual(COST_BOUNDS.perNode);
});
