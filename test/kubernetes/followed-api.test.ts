import { getEventListeners } from 'node:events';
import { KubeApiError, type KubeObject } from '../../src/kubernetes';
import { FollowedApi } from '../../src/kubernetes/followed-api';
import { SimulatedClock } from '../../src/simulator/clock';
import { type ApiCall, InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { ObjectStore } from '../../src/simulator/kubernetes/object-store';
import { Random } from '../../src/simulator/random';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

const KIND = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'mqtt' };
const ref = (name: string) => ({ ...KIND, name });
const map = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'mqtt' },
  data,
});

function followed() {
  const clock = new SimulatedClock();
  const store = new ObjectStore(clock, new Random(1));
  const calls: ApiCall['verb'][] = [];
  const server: { down?: KubeApiError; lateMs?: number } = {};
  const api = new InMemoryKubeApi(clock, store, {
    latencyMs: 10,
    intercept: async (call, perform) => {
      calls.push(call.verb);
      const { lateMs = 0 } = server;
      if (server.down) throw server.down;
      const answer = await perform();
      if (lateMs > 0) await clock.sleep(lateMs);
      return answer;
    },
  });
  const subject = new FollowedApi(api, clock);
  const end = new AbortController();
  subject.follow(end.signal);
  /** What is listed, as `name=value`. */
  const listed = async (fresh = false) => {
    const items = await subject.list<ConfigMap>(KIND, { fresh });
    return items.map(({ metadata, data }) => `${metadata.name}=${data?.['v'] ?? ''}`);
  };
  const setTo = (name: string, v: string) =>
    void store.update<ConfigMap>(ref(name), (draft) => ({ ...draft, data: { v } }));
  return { clock, store, calls, server, api, subject, end, listed, setTo };
}

describe('lists that are followed', () => {
  test('cost one list and one watch, and tell what happened since', async () => {
    const { clock, store, calls, subject, listed, setTo } = followed();
    store.create(map('a', { v: '1' }));
    await clock.run(async () => {
      expect(await listed()).toEqual(['a=1']);
      const changed = subject.change(new AbortController().signal);
      await clock.sleep(100);
      setTo('a', '2');
      store.create(map('b'));
      await changed;
      await clock.sleep(100);
      expect(await listed()).toEqual(['a=2', 'b=']);
      store.delete(ref('a'));
      await clock.sleep(100);
      expect(await listed()).toEqual(['b=']);
    });
    expect(calls).toEqual(['list', 'watch']);
  });

  test('are asked for when nobody follows, before and after', async () => {
    const { clock, calls, end, listed } = followed();
    await clock.run(async () => {
      await listed();
      await clock.sleep(100);
      end.abort();
      await listed();
      await listed();
    });
    expect(calls).toEqual(['list', 'watch', 'list', 'list']);
  });

  test('show what was written through it at once, and not again what was before', async () => {
    const { clock, subject, listed } = followed();
    await clock.run(async () => {
      await subject.create(map('a', { v: '1' }));
      expect(await listed()).toEqual(['a=1']);
      await clock.sleep(100);
      await subject.patch(ref('a'), { type: 'merge', body: { data: { v: '2' } } });
      expect(await listed()).toEqual(['a=2']);
      await Promise.all(['3', '4'].map((v) => subject.patch(ref('a'), { type: 'merge', body: { data: { v } } })));
      expect(await listed()).toEqual(['a=4']);
      await clock.sleep(100);
      expect(await listed()).toEqual(['a=4']);
    });
  });

  test('keep what was written when the answer to an earlier list comes after it', async () => {
    const { clock, store, server, api, subject, listed } = followed();
    store.create(map('a', { v: '1' }));
    await clock.run(async () => {
      await listed();
      await clock.sleep(100);
      api.endWatches(); // which would tell, too
      server.lateMs = 50; // the list is read now, and answered after the write
      const late = listed(true);
      await clock.sleep(15);
      delete server.lateMs;
      await subject.patch(ref('a'), { type: 'merge', body: { data: { v: '2' } } });
      await late;
      expect(await listed()).toEqual(['a=2']);
    });
  });

  test('show nothing that is gone when the answer to a write comes after the news of its end', async () => {
    const { clock, store, server, subject } = followed();
    const one = () => subject.list(ref('a'), {});
    store.create(map('a', { v: '1' }));
    await clock.run(async () => {
      await one();
      await clock.sleep(100);
      server.lateMs = 50;
      const late = subject.patch(ref('a'), { type: 'merge', body: { data: { v: '2' } } });
      await clock.sleep(15);
      store.delete(ref('a'));
      await late;
      expect(await one()).toEqual([]);
    });
  });

  test('are requested again when the watch must not be trusted', async () => {
    const { clock, calls, listed } = followed();
    await clock.run(async () => {
      await listed();
      await clock.sleep(100);
      await listed(true);
    });
    expect(calls).toEqual(['list', 'watch', 'list']);
  });

  test('are listed again when the server has forgotten the version', async () => {
    const { clock, store, api, calls, listed, setTo } = followed();
    store.create(map('a', { v: '1' }));
    await clock.run(async () => {
      await listed();
      await clock.sleep(100);
      api.endWatches(new KubeApiError(410, 'Expired', 'too old'));
      setTo('a', '2');
      await clock.sleep(100);
      expect(await listed()).toEqual(['a=2']);
    });
    expect(calls).toEqual(['list', 'watch', 'list', 'watch']);
  });

  test('fail while the server is away, instead of telling what may be old', async () => {
    const { clock, store, api, server, subject, listed, setTo } = followed();
    store.create(map('a', { v: '1' }));
    await clock.run(async () => {
      await listed();
      await clock.sleep(100);
      server.down = new KubeApiError(0, 'Unreachable', 'nobody there');
      const changed = subject.change(new AbortController().signal);
      api.endWatches(server.down);
      await changed;
      await expect(listed()).rejects.toThrow('nobody there');
      setTo('a', '2');
      delete server.down;
      await clock.sleep(2_000);
      expect(await listed()).toEqual(['a=2']);
    });
  });

  test('tell at once of a change since the latest look, also one that came before anybody waited', async () => {
    const { clock, store, subject, listed } = followed();
    const never = new AbortController();
    const within = async (ms: number) => {
      const over = new AbortController();
      const late = clock.sleep(ms, over.signal).then(() => 'late');
      late.catch(() => undefined);
      const first = await Promise.race([subject.change(never.signal).then(() => 'told'), late]);
      over.abort(new Error('over'));
      return first;
    };
    await clock.run(async () => {
      subject.look();
      await listed();
      await clock.sleep(100);
      subject.look();
      store.create(map('a'));
      await clock.sleep(1_000);
      expect(await within(0)).toBe('told');
      subject.look();
      expect(await within(1_000)).toBe('late');
    });
  });

  test('that nobody waits for any more wake nobody', async () => {
    const { clock, subject } = followed();
    const over = new AbortController();
    await clock.run(async () => {
      const changed = subject.change(over.signal);
      over.abort();
      await changed;
    });
  });

  test('are watched once, also when two looks ask for them in the same moment', async () => {
    const { clock, calls, listed } = followed();
    await clock.run(async () => {
      await Promise.all([listed(), listed()]);
      await clock.sleep(100);
      await listed();
    });
    expect(calls).toEqual(['list', 'list', 'watch']);
  });

  test('that are answered when nobody follows any more are not taken for what is followed later', async () => {
    const { clock, store, subject, end, listed } = followed();
    await clock.run(async () => {
      const late = listed();
      end.abort();
      await late;
      subject.follow(new AbortController().signal);
      store.create(map('a', { v: '1' }));
      expect(await listed()).toEqual(['a=1']);
    });
  });

  test('leave nothing on the signals they were given', async () => {
    const { clock, store, subject } = followed();
    const long = new AbortController();
    await clock.run(async () => {
      for (let count = 0; count < 3; count++) {
        subject.look();
        await subject.list(KIND, {});
        const changed = subject.change(long.signal);
        store.create(map(`m${count}`));
        await changed;
      }
    });
    expect(getEventListeners(long.signal, 'abort')).toEqual([]);
  });
});
