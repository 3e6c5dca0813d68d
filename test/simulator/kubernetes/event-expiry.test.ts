import { recordEvent } from '../../../src/simulator/kubernetes/events';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import { cluster, configMap } from './fixtures';

const EVENT = { apiVersion: 'v1', kind: 'Event' };
const MINUTE_MS = 60_000;

test('an Event is kept for an hour after it was written last, and nothing else is touched', async () => {
  const { clock, store } = cluster();
  const about = store.create(configMap('a', { key: 'value' }));
  const record = (reason: string) => recordEvent(store, about, { type: 'Normal', reason, message: 'again' });
  const kept = () => store.all<{ reason: string } & typeof about>(EVENT).map(({ reason }) => reason);
  const changes: string[] = [];
  store.subscribe(({ type, object }) => void changes.push(`${type} ${object.kind}`));
  record('Once');
  record('Repeated');
  await clock.advance(30 * MINUTE_MS);
  record('Repeated');
  await clock.advance(30 * MINUTE_MS - 1);
  expect(kept()).toEqual(['Once', 'Repeated']);
  await clock.advance(1);
  expect(kept()).toEqual(['Repeated']);
  await clock.advance(30 * MINUTE_MS);
  expect(kept()).toEqual([]);
  expect(changes.filter((change) => change === 'DELETED Event')).toHaveLength(2);
  expect(store.list({ ...kinds.configMap, namespace: 'default' })).toHaveLength(1);
});
