import { Peak } from '../../src/upgrade/peak';
import { SeriesRecorder } from '../../src/upgrade/series-recorder';
import { BLUE, GREEN, named, observationOf, sceneAt, T0 } from './fixtures';

/** A run in its evacuation, and a recorder that observes it second by second. */
function recorded() {
  const scene = sceneAt('evacuate');
  const recorder = new SeriesRecorder();
  const nodes = (set: string) => [0, 1, 2].map((index) => named(scene.nodes, `${set}-${index}`));
  const journal = { ...scene.journal, fleet: { at: T0, devices: 3_000 } };
  const observe = (ms: number) => {
    scene.at = T0 + ms;
    for (const node of [...nodes(BLUE), ...nodes(GREEN)]) node.seenAt = scene.at;
    recorder.observe(observationOf(scene), journal);
  };
  return { scene, recorder, nodes, observe };
}

describe('the recorder of a series', () => {
  test('counts the devices that leave nodes and come to them, and those that are on none', () => {
    const { recorder, nodes, observe } = recorded();
    for (const node of nodes(BLUE)) Object.assign(node, { connections: 1_000, evacuating: true });
    for (const node of nodes(GREEN)) Object.assign(node, { connections: 0, live: 0 });
    observe(0);
    for (const node of nodes(BLUE)) Object.assign(node, { connections: 967 });
    for (const node of nodes(GREEN)) Object.assign(node, { live: 30 });
    observe(1_000);
    expect(recorder.withNew(undefined)).toMatchObject({
      blue: { connections: [3_000, 2_901] },
      green: { connections: [0, 90] },
      away: [0, 9],
      disconnects: [null, 99],
      reconnects: [null, 90],
      disconnectsPerSecond: [null, 99],
      reconnectsPerSecond: [null, 90],
    });
  });

  test('knows nothing of a node that does not answer, and counts nobody as offline meanwhile', () => {
    const { recorder, nodes, observe } = recorded();
    observe(0);
    Object.assign(nodes(GREEN)[1]!, { unreachable: 'no answer' });
    observe(1_000);
    const { away, nodes: lines } = recorder.withNew(undefined)!;
    expect(away[1]).toBeNull();
    expect(lines.find(({ pod }) => pod === `${GREEN}-1`)?.connections[1]).toBeNull();
  });

  test('does not take sessions that were counted earlier for those of now', () => {
    const { recorder, nodes, observe } = recorded();
    const sessions = (countedAt: number) => {
      for (const node of nodes(GREEN)) Object.assign(node, { sessions: 0, live: 100, countedAt: T0 + countedAt });
    };
    sessions(0);
    observe(0);
    sessions(0);
    observe(10_000);
    expect(recorder.withNew(undefined)!.green).toEqual({ connections: [300, 300], sessions: [0, null] });
  });

  test('counts the devices of a pod that disappears as disconnected', () => {
    const { scene, recorder, nodes, observe } = recorded();
    Object.assign(nodes(GREEN)[2]!, { connections: 700, live: 700 });
    observe(0);
    scene.pods = scene.pods.filter(({ name }) => name !== `${GREEN}-2`);
    observe(1_000);
    expect(recorder.withNew(undefined)!.disconnects[1]).toBe(700);
  });

  test('is to be written after five minutes without another write, and keeps what was not written', () => {
    const { recorder, observe } = recorded();
    const due: number[] = [];
    for (let ms = 0; ms <= 900_000; ms += 60_000) {
      observe(ms);
      if (ms === 120_000 || recorder.isDue) {
        due.push(ms);
        recorder.withNew(undefined);
        recorder.written();
      }
    }
    expect(due).toEqual([120_000, 420_000, 720_000]);
    expect(recorder.withNew(undefined)!.steps).toHaveLength(3);
  });
});

test('the peak of reconnects is that of current counts, and unknown without them', () => {
  const { scene, nodes } = recorded();
  const peak = new Peak('onto');
  const latest = [0, 50, 40, undefined].map((live, second) => {
    scene.at = T0 + second * 1_000;
    for (const node of nodes(GREEN)) Object.assign(node, { live, seenAt: scene.at });
    peak.observe(observationOf(scene), GREEN);
    return peak.latest;
  });
  expect(latest).toEqual([null, 150, 60, null]);
  expect(peak.value).toBe(150);
});
