import type { ServerResponse } from 'node:http';
import type { KubeClient } from '../../src/kubernetes/client';
import type { WatchOptions } from '../../src/kubernetes/kube-api';
import { endAll, endlessly, fakeServer, json, rejection } from './_fake-server';

const MAPS = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'mqtt', labels: { app: 'x' } };

afterEach(endAll);

const event = (type: string, name: string, resourceVersion: string) =>
  line({ type, object: object(name, resourceVersion) });
const object = (name: string, resourceVersion: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, resourceVersion },
});
const line = (value: object) => `${JSON.stringify(value)}\n`;

/** What the server does with one watch request. */
type Part = (response: ServerResponse) => void;

const sends =
  (...lines: string[]): Part =>
  (response) =>
    void response.end(lines.join(''));
const breaksAfter =
  (...lines: string[]): Part =>
  (response) =>
    void response.write(lines.join('') || ' ', () => response.destroy());
const refuses =
  (code: number, reason: string): Part =>
  (response) =>
    json(response, code, { code, reason, message: 'because' });

/** A server that plays the parts one after another, for each watch request one. */
function playing(parts: Part[], list: object = { items: [], metadata: { resourceVersion: '10' } }) {
  const left = [...parts];
  return fakeServer(({ url }, response) => {
    const part = left.shift();
    if (!url.includes('watch=true')) {
      left.unshift(...(part ? [part] : []));
      json(response, 200, list);
    } else if (part) part(response);
    else response.destroy();
  });
}

/** The first `count` events. */
async function first(
  api: KubeClient,
  count: number,
  options: WatchOptions = { resourceVersion: '1' },
): Promise<string[]> {
  const seen: string[] = [];
  if (count === 0) return seen;
  for await (const { type, object } of api.watch(MAPS, options, new AbortController().signal)) {
    if (seen.push(`${type} ${object.metadata.name}`) === count) break;
  }
  return seen;
}

const versions = (asked: { url: string }[]) =>
  asked.map(({ url }) => /[?&]resourceVersion=(\w*)/.exec(url)?.[1] ?? 'list');

/** A wait of about so long: with jitter it is shorter by up to a quarter. */
const within = (ms: number) => ({
  asymmetricMatch: (slept: unknown) => Number(slept) <= ms && Number(slept) >= ms * 0.75,
});

describe('a watch', () => {
  test('asks for the changes behind a version, with bookmarks, for five minutes', async () => {
    const { api, asked } = await playing([sends(event('ADDED', 'a', '2'))]);
    await first(api, 1);
    expect(asked[0]?.url).toBe(
      '/api/v1/namespaces/mqtt/configmaps?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=1&labelSelector=app=x',
    );
  });

  test('goes on behind the last version when the connection breaks, and when the server ends it', async () => {
    const { api, asked, slept } = await playing([
      breaksAfter(event('ADDED', 'a', '2'), event('MODIFIED', 'a', '3')),
      sends(event('DELETED', 'a', '5')),
      sends(event('ADDED', 'b', '6')),
    ]);
    expect(await first(api, 4)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED b']);
    expect(versions(asked)).toEqual(['1', '3', '5']);
    expect(slept).toEqual([within(1_000), within(1_000)]);
  });

  test('knows from bookmarks how far it is, and does not show them', async () => {
    const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '90' } } };
    const { api, asked } = await playing([breaksAfter(line(bookmark)), sends(event('ADDED', 'a', '91'))]);
    expect(await first(api, 1)).toEqual(['ADDED a']);
    expect(versions(asked)).toEqual(['1', '90']);
  });

  test('does not take half a line for an event', async () => {
    const { api, asked } = await playing([
      breaksAfter(event('ADDED', 'a', '2'), event('ADDED', 'b', '3').slice(0, -2)),
      sends(event('ADDED', 'b', '3')),
    ]);
    expect(await first(api, 2)).toEqual(['ADDED a', 'ADDED b']);
    expect(versions(asked)).toEqual(['1', '2']);
  });

  test('puts together what comes in pieces, also within a letter', async () => {
    const bytes = Buffer.from(event('ADDED', 'a', '2') + event('ADDED', 'ä', '3'));
    const cut = bytes.indexOf(Buffer.from('ä')) + 1;
    let send = () => {};
    const { api, asked } = await playing([
      (response) => {
        response.write(bytes.subarray(0, cut));
        send = () => void response.write(bytes.subarray(cut));
      },
    ]);
    const seen: string[] = [];
    for await (const { object } of api.watch(MAPS, { resourceVersion: '1' }, new AbortController().signal)) {
      // Whoever sees the first event has got the beginning of the second.
      send();
      if (seen.push(object.metadata.name) === 2) break;
    }
    expect(seen).toEqual(['a', 'ä']);
    expect(asked).toHaveLength(1);
  });

  test('without a version begins with a list, and goes on behind it', async () => {
    const list = { items: [object('a', '3'), object('b', '2')], metadata: { resourceVersion: '10' } };
    const { api, asked } = await playing([sends(event('DELETED', 'a', '11'))], list);
    expect(await first(api, 3, {})).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
    expect(versions(asked)).toEqual(['list', '10']);
  });

  test.each<[string, Part, object]>([
    [
      'an event',
      sends(line({ type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old' } })),
      { status: 410, code: 'Expired', message: 'too old' },
    ],
    ['an answer', refuses(410, 'Gone'), { status: 410, code: 'Expired' }],
  ])('behind a version that is forgotten is Expired, told by %s', async (_, part, expected) => {
    const { api, asked } = await playing([breaksAfter(event('ADDED', 'a', '2')), part]);
    expect(await rejection(first(api, 2))).toMatchObject(expected);
    expect(asked).toHaveLength(2);
  });

  test('that is refused fails at once', async () => {
    const { api, asked } = await playing([refuses(403, 'Forbidden')]);
    expect(await rejection(first(api, 1))).toMatchObject({ code: 'Forbidden', message: 'because' });
    expect(asked).toHaveLength(1);
  });

  const trouble = sends(line({ type: 'ERROR', object: { code: 500, message: 'etcdserver: leader changed' } }));
  test.each<[string, Part]>([
    ['503', refuses(503, 'ServiceUnavailable')],
    ['a broken connection', breaksAfter()],
    ['an error as an event', trouble],
    ['429', refuses(429, 'TooManyRequests')],
  ])(
    'bears with a server in trouble, longer each time, and gives up after three failures in a row: %s',
    async (_, part) => {
      const recovered = await playing([part, part, sends(event('ADDED', 'a', '2'))]);
      expect(await first(recovered.api, 1)).toEqual(['ADDED a']);
      expect(recovered.slept).toEqual([within(1_000), within(2_000)]);
      const lost = await playing([part, part, refuses(500, 'InternalError')]);
      expect(await rejection(first(lost.api, 1))).toMatchObject({ code: 'InternalError', message: 'because' });
      expect(lost.slept).toEqual([within(1_000), within(2_000)]);
    },
  );

  test('counts only failures in a row', async () => {
    const two = Array(2).fill(breaksAfter()) as Part[];
    const { api } = await playing([
      ...two,
      breaksAfter(event('ADDED', 'a', '2')),
      ...two.slice(1),
      sends(event('ADDED', 'b', '3')),
    ]);
    expect(await first(api, 2)).toEqual(['ADDED a', 'ADDED b']);
  });

  test('of what is no API server says so without repeating it', async () => {
    const { api } = await playing(Array(3).fill(sends('s3cret\n')) as Part[]);
    expect(await rejection(first(api, 1))).toMatchObject({ message: 'the watch sent a line that is not JSON' });
  });

  test.each([
    [null],
    ['ADDED'],
    [{ type: 'ADDED' }],
    [{ type: 'ADDED', object: { kind: 'ConfigMap' } }],
    [{ type: 'ERROR' }],
    [{ object: object('a', '2') }],
  ])('is told what is no event: %j', async (value) => {
    const { api } = await playing(Array(3).fill(sends(`${JSON.stringify(value)}\n`)) as Part[]);
    expect(await rejection(first(api, 1))).toMatchObject({ message: 'the watch sent a line that is not an event' });
  });

  test('is not read to the end of a line that has none', async () => {
    const { api, asked } = await playing(Array(3).fill(endlessly) as Part[]);
    expect(await rejection(first(api, 1))).toMatchObject({
      code: 'Unreachable',
      message: expect.stringMatching(/a line of more than 8388608 characters$/),
    });
    expect(asked).toHaveLength(3);
  });

  test('that tells nothing for 90 s, not even a bookmark, is broken: another one takes its place', async () => {
    jest.useFakeTimers({
      advanceTimers: false,
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'],
    });
    try {
      const { api, asked } = await playing([
        (response) => void response.write(event('ADDED', 'a', '2')),
        (response) => void response.write(event('ADDED', 'b', '3')),
      ]);
      const events = api.watch(MAPS, { resourceVersion: '1' }, new AbortController().signal)[Symbol.asyncIterator]();
      await events.next();
      const next = events.next();
      jest.advanceTimersByTime(89_000);
      expect(asked).toHaveLength(1);
      jest.advanceTimersByTime(1_000);
      expect((await next).value).toMatchObject({ object: { metadata: { name: 'b' } } });
      expect(versions(asked)).toEqual(['1', '2']);
      await events.return?.();
    } finally {
      jest.useRealTimers();
    }
  });

  test('that nobody reads any more is closed', async () => {
    const closed: Promise<void>[] = [];
    const { api } = await playing([
      (response) => {
        closed.push(new Promise((resolve) => response.on('close', resolve)));
        response.write(event('ADDED', 'a', '2'));
      },
    ]);
    await first(api, 1);
    await closed[0];
  });

  test('ends without a word when it is aborted while nothing happens', async () => {
    const end = new AbortController();
    const { api } = await playing([
      (response) => {
        response.write('\n');
        setImmediate(() => end.abort(new Error('enough')));
      },
    ]);
    const seen: unknown[] = [];
    for await (const change of api.watch(MAPS, { resourceVersion: '1' }, end.signal)) seen.push(change);
    expect(seen).toEqual([]);
  });
});
