import { SimulatedClock } from '../../src/simulator/clock';
import type { ConnectAnswer } from '../../src/simulator/emqx/types';
import { Random } from '../../src/simulator/random';
import { type Destination, TrafficFront } from '../../src/simulator/traffic-front';

const refusal: ConnectAnswer = { accepted: false, reasonCode: 0x9c };

function frontTo(destinations: Record<string, Destination>, lagMs?: number) {
  const clock = new SimulatedClock();
  const destinationOf = (pod: string) => destinations[pod];
  return { clock, front: new TrafficFront({ clock, random: new Random(7), destinationOf, lagMs }) };
}

describe('TrafficFront', () => {
  it('refuses every connection while the Service has no endpoint', () => {
    const { front } = frontTo({});
    expect(front.pick()).toBeUndefined();
    expect(front.connect()).toEqual({ outcome: 'refused' });
  });

  it('leads to what listens in the pod it picked', () => {
    const listener = { connect: () => refusal };
    const { front } = frontTo({ 'emqx-0': listener });
    front.update(['emqx-0']);
    expect(front.connect()).toEqual({ outcome: 'connected', pod: 'emqx-0', listener });
  });

  it('goes on picking a pod that is gone until the endpoints leave it out', () => {
    const { front } = frontTo({ 'emqx-1': { connect: () => refusal } });
    front.update(['emqx-0']);
    expect(front.pick()).toBe('emqx-0');
    expect(front.connect()).toEqual({ outcome: 'refused' });
    front.update(['emqx-1']);
    expect(front.connect()).toMatchObject({ outcome: 'connected', pod: 'emqx-1' });
  });

  it('gets no answer from an address that drops its packets', () => {
    const { front } = frontTo({ 'emqx-0': 'silent' });
    front.update(['emqx-0']);
    expect(front.connect()).toEqual({ outcome: 'silent' });
  });

  it('picks every endpoint with the same chance', () => {
    const { front } = frontTo({});
    const pods = ['emqx-0', 'emqx-1', 'emqx-2'];
    front.update(pods);
    const picked = new Map<string, number>();
    for (let i = 0; i < 30_000; i++) {
      const pod = front.pick()!;
      picked.set(pod, (picked.get(pod) ?? 0) + 1);
    }
    // 10,000 each; the standard deviation of one is 82.
    for (const pod of pods) expect(Math.abs(picked.get(pod)! - 10_000)).toBeLessThan(350);
  });

  it('lets new connections follow a change after the lag, and two changes in their order', async () => {
    const { clock, front } = frontTo({}, 500);
    front.update(['blue-0']);
    await clock.advance(300);
    front.update(['green-0']);
    expect(front.endpoints).toEqual([]);
    await clock.advance(200);
    expect(front.endpoints).toEqual(['blue-0']);
    await clock.advance(299);
    expect(front.pick()).toBe('blue-0');
    await clock.advance(1);
    expect(front.pick()).toBe('green-0');
  });

  it('does not notice when the caller changes the list it gave', () => {
    const { front } = frontTo({});
    const pods = ['emqx-0'];
    front.update(pods);
    pods.push('emqx-1');
    expect(front.endpoints).toEqual(['emqx-0']);
  });
});
