import { PortError, type ProgressEvent, watchUpgrade } from '../../src/upgrade';
import { FakeWorld } from './fake-world';

/** What is told to somebody who watches for so many looks, while the first ones fail. */
async function watched(world: FakeWorld, looks: number, failures: number, error: PortError) {
  let left = failures;
  const at: number[] = [];
  world.fault = ({ method }, when) => {
    if (when !== 'before' || !method.startsWith('observe')) return;
    at.push(world.clock.now());
    if (left-- > 0) throw error;
  };
  const events: ProgressEvent[] = [];
  await world.clock.run(async () => {
    for await (const event of watchUpgrade(world.process('viewer'))) {
      events.push(event);
      if (at.length >= looks) return;
    }
  });
  const waits = at.slice(1).map((time, index) => time - at[index]!);
  return { waits, events: events.map((event) => ('text' in event ? event.text : event.kind)) };
}

describe('somebody who watches', () => {
  test('is told once that the cluster is away, and once that it is back; it is asked ever more seldom', async () => {
    const away = new PortError('unavailable', 'the API server is away');
    const { events, waits } = await watched(new FakeWorld(), 7, 5, away);
    expect(events).toEqual([
      away.message,
      expect.stringMatching(/^the cluster answers again after \d\d s$/),
      'sample',
      'sample',
    ]);
    expect(waits).toEqual([...waits.slice(0, 5).sort((a, b) => a - b), 2_000]);
    expect(waits[4]).toBeGreaterThan(10_000);
  });

  test('is refused in the end', async () => {
    const refused = new PortError('refused', 'Unauthorized');
    await expect(watched(new FakeWorld(), 99, 99, refused)).rejects.toBe(refused);
  });
});
