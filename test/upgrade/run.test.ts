import { getEventListeners } from 'node:events';
import { HOLD_DELAY_SECONDS } from '../../src/resource';
import { BlockedError, PortError, planUpgrade, runUpgrade, UpgradeError } from '../../src/upgrade';
import { Crash, FakeWorld, type Fault } from './fake-world';
import { BLUE, GREEN, GREEN_REVISION, journal, podNames, request, resource, T0 } from './fixtures';

const texts = (world: FakeWorld, kind: 'action' | 'waiting' | 'warning') =>
  world.events.flatMap((event) => (event.kind === kind ? event.text : []));
const phases = (world: FakeWorld) => world.events.flatMap((event) => (event.kind === 'phase' ? event.phase : []));

/** Lets the n-th call of a method fail (from 0), once. */
function once(method: string, error: Error, when: 'before' | 'after' = 'before', nth = 0): Fault {
  let seen = -1;
  let done = false;
  return (call, moment) => {
    if (done || call.method !== method || moment !== when || ++seen < nth) return;
    done = true;
    throw error;
  };
}

const failing = (promise: Promise<unknown>): Promise<UpgradeError> =>
  promise.then(
    () => {
      throw new Error('the run was expected to fail');
    },
    (error: UpgradeError) => error,
  );

test('an upgrade that is over leaves nothing behind on the signal of who asked for it', async () => {
  const world = new FakeWorld();
  const { signal } = new AbortController();
  await world.run('p1', request(), signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

describe('an upgrade', () => {
  test('goes through its phases, does each thing once, and reports', async () => {
    const world = new FakeWorld();
    const report = await world.run();
    expect(phases(world)).toEqual([
      'claim',
      'pin',
      'apply',
      'green',
      'switch',
      'evacuate',
      'retire',
      'release',
      'done',
    ]);
    expect(world.violations).toEqual([]);
    expect(world.orders).toEqual([`${BLUE}-1@33`, `${BLUE}-2@33`, `${BLUE}-0@34`]);
    expect(world.resource.spec.blueGreenUpdate!.initialDelaySeconds).toBe(5);
    expect(world.revision).toBeUndefined();
    expect(world.lease).toBeUndefined();
    expect(report).toMatchObject({
      outcome: 'completed',
      from: { version: '4.4.14', set: BLUE },
      to: { version: '4.4.15', set: GREEN },
      capPerSecond: 100,
      connections: 600,
      sessions: 630,
    });
    expect(report.durationMs).toBe(report.phases.reduce((sum, phase) => sum + phase.ms, 0));
    expect(report.evacuateMs).toBeGreaterThanOrEqual(report.lowerBoundMs);
    // 600 / 100 + 5 + 30 / 100
    expect(report.lowerBoundMs).toBe(11_300);
  });

  test('tells what it does and what it waits for, each once', async () => {
    const world = new FakeWorld();
    await world.run();
    const actions = texts(world, 'action').filter(
      (text) => !text.startsWith('have the operator check') && !text.startsWith('refresh'),
    );
    expect(actions).toEqual([
      'Service emqx-mqtt → emqx-blue-65f4b8d9c',
      'apply version 4.4.15, with the operator held',
      'Service emqx-mqtt → emqx-green-7c9f5d6b8',
      'evacuate emqx-blue-1 at 33/s, sessions at 33/s',
      'evacuate emqx-blue-2 at 33/s, sessions at 33/s',
      'evacuate emqx-blue-0 at 34/s, sessions at 34/s',
      'scale emqx-blue to 0',
      'restore the initial delay of 5 s',
      'Service emqx-mqtt → all nodes of the cluster',
    ]);
    const waiting = texts(world, 'waiting');
    expect(waiting).toEqual([...new Set(waiting)]);
    expect(texts(world, 'warning')).toEqual([]);
  });

  test('shows samples of both sets, and the time that is left', async () => {
    const world = new FakeWorld();
    await world.run();
    const samples = world.events.flatMap((event) => (event.kind === 'sample' ? event.sample : []));
    expect(samples[0]).toMatchObject({ phase: 'claim', blue: { set: BLUE, connections: 600 }, green: undefined });
    const evacuating = samples.filter((sample) => sample.phase === 'evacuate');
    const counts = evacuating.map((sample) => sample.blue.connections!);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(evacuating.at(-1)).toMatchObject({ green: { set: GREEN, ready: 3 }, nodes: [{ drained: true }, {}, {}] });
  });

  test('starts blue’s nodes a third of a second apart', async () => {
    const world = new FakeWorld();
    await world.run();
    const at = world.events.flatMap((event) =>
      event.kind === 'action' && event.text.startsWith('evacuate') ? event.at : [],
    );
    expect(at.map((time) => time - at[0]!)).toEqual([0, 333, 667]);
  });

  test('spaces its heartbeats: at least 5 s, and 10 s during the evacuation', async () => {
    const world = new FakeWorld();
    await world.run();
    const beats = world.events.filter((event) => event.kind === 'action' && /^(look|refresh|apply)/.test(event.text));
    for (const [index, beat] of beats.entries()) {
      if (index > 0) expect(beat.at - beats[index - 1]!.at).toBeGreaterThanOrEqual(5_000);
    }
    const refreshed = beats.filter((event) => event.kind === 'action' && event.text.startsWith('refresh'));
    for (const [index, beat] of refreshed.entries()) {
      if (index > 0) expect(beat.at - refreshed[index - 1]!.at).toBeGreaterThanOrEqual(10_000);
    }
  });

  test('writes nothing when preflight finds a blocker', async () => {
    const world = new FakeWorld();
    const error = await failing(world.run('p1', request({ stormCap: 0 })));
    expect(error).toBeInstanceOf(BlockedError);
    expect(error.message).toBe(
      'the upgrade cannot begin:\n  ✗ cap: the storm cap (0) is not a whole number of at least 1; set a rate per second; nothing was written',
    );
    expect([...new Set(world.calls.map((call) => call.method))]).toEqual([
      'missingRights',
      'observe',
      'emqx.observe',
      'emqx.licensedConnections',
      'operators',
      'surroundings',
      'rehearse',
    ]);
  });

  test('a plan writes nothing', async () => {
    const world = new FakeWorld();
    const plan = await world.clock.run(() => planUpgrade(world.process('p1'), request()));
    expect(plan).toMatchObject({ connections: 600, sessions: 630, lowerBoundMs: 11_300 });
    expect(world.journals).toEqual([]);
    expect(world.lease).toBeUndefined();
  });
});

describe('what goes wrong', () => {
  test.each<['conflict' | 'unavailable', unknown[]]>([
    ['conflict', []],
    ['unavailable', [expect.stringMatching(/^patch-resource: .*: try again$/)]],
  ])('a patch that ends in %s is decided on again', async (code, warnings) => {
    const world = new FakeWorld();
    world.fault = once('patchResource', new PortError(code, 'try again'));
    await world.run();
    expect(texts(world, 'warning')).toEqual(warnings);
    expect(world.violations).toEqual([]);
  });

  test('an order whose answer was lost is not given again', async () => {
    const world = new FakeWorld();
    world.fault = once('emqx.startEvacuation', new PortError('unavailable', 'no answer'), 'after');
    await world.run();
    expect(world.orders).toHaveLength(3);
    expect(world.violations).toEqual([]);
  });

  test('an order that was refused is given again', async () => {
    const world = new FakeWorld();
    world.fault = once('emqx.startEvacuation', new PortError('refused', 'eviction_agent_busy'), 'before', 1);
    await world.run();
    expect([...world.orders].sort()).toEqual([`${BLUE}-0@34`, `${BLUE}-1@33`, `${BLUE}-2@33`]);
  });

  test.each([5, 6])(
    'a write that is refused %i times in a row ends the run from the sixth on, with the reason',
    async (times) => {
      const world = new FakeWorld();
      let left = times;
      world.fault = ({ method }, when) => {
        if (method === 'selectTraffic' && when === 'before' && left-- > 0) {
          throw new PortError('refused', 'selectors of Services are frozen');
        }
      };
      const run = world.run();
      if (times < 6) expect((await run).outcome).toBe('completed');
      else
        expect(await failing(run)).toMatchObject({
          code: 'WRITE_REFUSED',
          message: expect.stringMatching(/are frozen/),
        });
      expect(texts(world, 'warning')).toEqual(['select-traffic emqx-mqtt: selectors of Services are frozen']);
    },
  );

  test('a journal that cannot be written keeps the run from going on', async () => {
    const world = new FakeWorld();
    let failures = 6;
    world.fault = (call, when) => {
      if (call.method === 'writeJournal' && when === 'before' && failures-- > 0) {
        throw new PortError('unavailable', 'the API server is away');
      }
    };
    await world.run();
    expect(texts(world, 'warning')).toEqual(['the API server is away']);
    expect(phases(world)).toEqual(phases(world).filter((phase, index, all) => all.indexOf(phase) === index));
    expect(world.clock.now() - T0).toBeGreaterThan(30_000);
    expect(world.violations).toEqual([]);
  });

  test('an API server that is away when the run begins is waited for', async () => {
    const world = new FakeWorld();
    let until = Number.POSITIVE_INFINITY;
    world.fault = (call, when) => {
      if (when === 'after' && call.method === 'holdLease') until = Math.min(until, world.clock.now() + 25_000);
      if (when === 'before' && until !== Number.POSITIVE_INFINITY && world.clock.now() < until) {
        throw new PortError('unavailable', 'the API server is away');
      }
    };
    await world.run();
    expect(world.journal?.phase).toBe('done');
  });

  test('a resource that is gone ends the run', async () => {
    const world = new FakeWorld();
    world.fault = once('observe', new PortError('missing', 'emqx not found'), 'before', 3);
    await expect(world.run()).rejects.toMatchObject({ name: 'PortError', code: 'missing' });
  });

  test('a released operator is held again at once', async () => {
    const world = new FakeWorld();
    let released = false;
    world.fault = (call) => {
      if (released || call.method !== 'observe' || world.journal?.phase !== 'green') return;
      released = true;
      world.resource.spec.blueGreenUpdate!.initialDelaySeconds = 60;
      world.version++;
    };
    await world.run();
    expect(texts(world, 'action')).toContain('hold the operator again: the delay was reset');
    expect(world.journal?.phase).toBe('done');
  });

  test('a watch that tells nothing any more neither stops the run nor holds it up for long', async () => {
    const world = new FakeWorld();
    const context = world.process('p1');
    const { observe, observeFresh } = context.cluster;
    let frozen: ReturnType<typeof observe> | undefined;
    Object.assign(context.cluster, {
      observe: () => {
        if (world.journal?.phase !== 'retire') return observe();
        frozen ??= observe();
        return frozen;
      },
      observeFresh: async () => {
        const view = await observeFresh();
        if (frozen) frozen = Promise.resolve(view);
        return view;
      },
    });
    // The pods of blue are gone before the patience is over, and it is seen after that.
    const asked = request({ stormCap: 150, limits: { stallMs: 3_500 } });
    const report = await world.clock.run(() => runUpgrade(context, asked));
    expect(report.outcome).toBe('completed');
    expect(report.phases.find(({ phase }) => phase === 'retire')!.ms).toBeLessThan(20_000);
  });

  test('a changed template ends the run, and says how to go on', async () => {
    const world = new FakeWorld();
    world.fault = (call) => {
      if (call.method === 'observe' && world.journal?.phase === 'evacuate') {
        Object.assign(world.resource, resource({ version: '4.4.16', delaySeconds: HOLD_DELAY_SECONDS }));
      }
    };
    const error = await failing(world.run());
    expect(error).toBeInstanceOf(UpgradeError);
    expect(error.code).toBe('TEMPLATE_CHANGED');
    expect(world.lease).toBeUndefined();
  });
});

describe('two at once', () => {
  test('the second sees who holds the lease', async () => {
    const world = new FakeWorld();
    world.lease = { holder: 'ci-7', renewedAt: world.clock.now(), acquiredAt: T0 };
    const error = await failing(world.run());
    expect(error).toBeInstanceOf(BlockedError);
    expect(error.message).toContain('ci-7 has been upgrading this cluster since 2026-01-01T00:00:00.000Z');
  });

  test('renews its lease each 10 s, not at every look, and long before it runs out', async () => {
    const world = new FakeWorld();
    const renewed: number[] = [];
    world.fault = (call, when) => {
      if (when === 'after' && call.method === 'holdLease') renewed.push(world.clock.now());
    };
    await world.run();
    expect(renewed.length).toBeGreaterThan(2);
    const pauses = renewed.slice(1).map((at, index) => at - renewed[index]!);
    for (const pause of pauses) {
      expect(pause).toBeGreaterThanOrEqual(10_000);
      expect(pause).toBeLessThan(15_000);
    }
  });

  test('a lease that is lost ends the run, and its new holder keeps it', async () => {
    const world = new FakeWorld();
    world.fault = (call, when) => {
      if (when === 'before' && call.method === 'observe' && world.journal?.phase === 'green') {
        world.lease = { holder: 'p2', renewedAt: world.clock.now() + 60_000, acquiredAt: world.clock.now() };
      }
    };
    const error = await failing(world.run());
    expect(error).toBeInstanceOf(UpgradeError);
    expect(error.code).toBe('LEASE_LOST');
    expect(world.lease?.holder).toBe('p2');
    expect(world.orders).toEqual([]);
  });

  test('a lease that somebody takes between the look and the claim is a lost one', async () => {
    const world = new FakeWorld();
    world.fault = (call, when) => {
      if (when === 'before' && call.method === 'holdLease') {
        world.lease ??= { holder: 'p2', renewedAt: world.clock.now(), acquiredAt: world.clock.now() };
      }
    };
    const error = await failing(world.run());
    expect(error).toBeInstanceOf(UpgradeError);
    expect(error.code).toBe('LEASE_LOST');
    expect(world.journals).toEqual([]);
  });

  test('a process that slept while another one finished the run does nothing more', async () => {
    const world = new FakeWorld();
    let calls: number | undefined;
    world.fault = (call, when) => {
      if (
        calls !== undefined ||
        when !== 'before' ||
        call.method !== 'observe' ||
        world.journal?.phase !== 'evacuate'
      ) {
        return;
      }
      calls = world.calls.length;
      world.journals.push({ ...world.journal, phase: 'done', finishedAt: world.clock.now() });
      world.lease = undefined;
    };
    const report = await world.run();
    expect(report.outcome).toBe('completed');
    expect(world.orders).toEqual([]);
    const after = world.calls.slice(calls).map((call) => call.method);
    expect([...new Set(after)]).toEqual(['emqx.observe', 'emqx.live', 'releaseLease']);
  });

  test.each([
    ['still runs', 33_000],
    ['is over', 200_000],
  ])('a process that was paused between two orders does nothing when it wakes up: the run %s', async (_, pausedMs) => {
    const world = new FakeWorld();
    let paused: Promise<void> | undefined;
    const clock = {
      now: () => world.clock.now(),
      sleep: (ms: number, signal?: AbortSignal) => {
        const beforeThird = world.journal?.phase === 'evacuate' && ms > 500 && ms < 1_000;
        if (paused || !beforeThird) return world.clock.sleep(ms, signal);
        paused = world.clock.sleep(pausedMs);
        return paused;
      },
    };
    const { outcome, did } = await world.clock.run(async () => {
      const first = runUpgrade({ ...world.process('p1'), clock }, request()).catch((error: unknown) => error);
      while (!paused) await world.clock.sleep(100);
      await world.clock.sleep(31_000);
      const second = runUpgrade(world.process('p2'), request());
      await paused;
      const before = world.calls.length;
      const ended = await first;
      await second;
      return { outcome: ended, did: world.calls.slice(before).filter((call) => call.process === 'p1') };
    });
    const writes = did.map(({ method }) => method).filter((method) => !/bserve|Lease|live|probe/.test(method));
    expect(writes).toEqual([]);
    expect(world.violations).toEqual([]);
    expect(outcome).toMatchObject(pausedMs > 100_000 ? { outcome: 'completed' } : { code: 'LEASE_LOST' });
  });

  test('a process that slept through the next upgrade stops', async () => {
    const world = new FakeWorld();
    world.fault = (call, when) => {
      if (when === 'before' && call.method === 'observe' && world.journal?.phase === 'evacuate') {
        world.journals.push(journal({ run: 'another', phase: 'pin' }));
      }
    };
    const error = await failing(world.run());
    expect(error.code).toBe('LEASE_LOST');
    expect(world.journal?.run).toBe('another');
  });
});

describe('leaving a run', () => {
  test.each(['claim', 'pin', 'green', 'switch', 'evacuate', 'retire', 'release'])(
    'in phase %s, and going on with it',
    async (phase) => {
      const world = new FakeWorld();
      const leave = new AbortController();
      world.fault = (call, when) => {
        if (when === 'after' && call.method === 'observe' && world.journal?.phase === phase) leave.abort();
      };
      const error = await failing(world.run('p1', request(), leave.signal));
      expect(error).toBeInstanceOf(UpgradeError);
      expect(error.code).toBe('DETACHED');
      expect(error.fix).toBe('run the same command again to continue');
      expect(world.lease).toBeUndefined();
      world.fault = () => {};
      const report = await world.run('p2');
      expect(report.outcome).toBe('completed');
      expect(world.violations).toEqual([]);
      expect(world.orders).toHaveLength(3);
      // Claiming waits for nothing, so that the run is in the next phase before it is left.
      const reached = phase === 'claim' ? 'pin' : phase;
      expect(world.events.filter((event) => event.kind === 'phase' && event.resumed)).toMatchObject([
        { phase: reached },
      ]);
    },
  );

  test('and going on with another cap: it is said that the run keeps its own', async () => {
    const world = new FakeWorld();
    const leave = new AbortController();
    world.fault = (call, when) => {
      if (when === 'after' && call.method === 'observe' && world.journal?.phase === 'green') leave.abort();
    };
    await failing(world.run('p1', request(), leave.signal));
    world.fault = () => {};
    await world.run('p2', { ...request(), stormCap: 7 });
    expect(world.events).toContainEqual(
      expect.objectContaining({ kind: 'warning', text: 'the run continues with the cap of 100/s it started with' }),
    );
    expect(world.journal?.connectionCap).toBe(100);
  });

  test('before the run has begun', async () => {
    const world = new FakeWorld();
    const leave = new AbortController();
    leave.abort();
    world.fault = () => leave.signal.throwIfAborted();
    const error = await failing(world.run('p1', request(), leave.signal));
    expect(error).toBeInstanceOf(UpgradeError);
    expect(error.code).toBe('DETACHED');
    expect(world.journals).toEqual([]);
  });

  test('another version is refused until the run is finished', async () => {
    const world = new FakeWorld();
    world.fault = (call) => {
      if (world.journal?.phase === 'switch') throw new Crash(call.method);
    };
    await expect(world.run()).rejects.toThrow(Crash);
    world.fault = () => {};
    world.lease = undefined;
    const error = await failing(world.run('p1', { desired: resource({ version: '4.4.16' }) }));
    expect(error.message).toContain('an upgrade from 4.4.14 to 4.4.15 is open, in phase switch');
    expect(world.revision).not.toBe(GREEN_REVISION);
    await world.run();
    expect(world.orders.map((order) => order.split('@')[0]).sort()).toEqual(podNames(BLUE));
  });
});
