import { COST_BOUNDS, upgradeCost } from '../../bench/cost';

test.each([4, 5] as const)(
  'an evacuation of EMQX %i asks the API server and the nodes for little',
  async (generation) => {
    const { ms, rate } = await upgradeCost(generation);
    expect(ms).toBeGreaterThan(120_000);
    expect(rate.writes).toBeLessThanOrEqual(COST_BOUNDS.writes);
    expect(rate.reads).toBeLessThanOrEqual(COST_BOUNDS.reads[generation]);
    expect(rate.busiestNode).toBeLessThanOrEqual(COST_BOUNDS.perNode[generation]);
  },
);
