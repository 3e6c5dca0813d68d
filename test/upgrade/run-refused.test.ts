import { PortError, type UpgradeError } from '../../src/upgrade';
import { type Call, FakeWorld, type Fault } from './fake-world';
import { BLUE, request, T0 } from './fixtures';

const FORBIDDEN = new PortError('refused', 'leases "emqx-upgrade" is forbidden');
const AWAY = new PortError('unavailable', 'the API server is away');

const told = (world: FakeWorld, kind: 'action' | 'warning') =>
  world.events.flatMap((event) => (event.kind === kind ? event.text : []));

async function ended(run: Promise<unknown>): Promise<UpgradeError> {
  return run.then(
    () => {
      throw new Error('the run was expected to fail');
    },
    (error: UpgradeError) => error,
  );
}

/** From the first of these calls in that phase on it fails; `failures` has the times. */
function failing(
  world: FakeWorld,
  which: (call: Call) => boolean,
  error: PortError,
  phase: string,
  forMs = Number.POSITIVE_INFINITY,
) {
  const failures: number[] = [];
  const fault: Fault = (call, when) => {
    const now = world.clock.now();
    if (when !== 'before' || !which(call)) return;
    if (failures.length === 0 && world.journal?.phase !== phase) return;
    if (failures.length > 0 && now - failures[0]! >= forMs) return;
    failures.push(now);
    throw error;
  };
  world.fault = fault;
  return failures;
}

const toCluster = ({ method }: Call) => !method.startsWith('emqx.');

describe('a run whose requests are refused', () => {
  test.each(['holdLease', 'observeFresh'])(
    'for good ends once its lease is over, when it is %s that is refused',
    async (method) => {
      const world = new FakeWorld();
      const failures = failing(world, (call) => call.method === method, FORBIDDEN, 'evacuate');
      const error = await ended(world.run());
      expect(error).toMatchObject({ code: 'ACCESS_LOST', cause: FORBIDDEN });
      expect(error.message).toMatch(
        /^the API server has refused requests that the run needs for \d\d s, last: leases "emqx-upgrade" is forbidden; no process drives the run now; state: blue nodes whose evacuation has started continue at their rates, .*; once that is fixed, the same command resumes the run$/,
      );
      expect(failures).toHaveLength(6);
      const lasted = failures.at(-1)! - failures[0]!;
      expect(lasted).toBeGreaterThanOrEqual(20_000);
      expect(lasted).toBeLessThanOrEqual(31_000);
      expect(told(world, 'warning')).toEqual([FORBIDDEN.message]);
    },
  );

  test('now and then goes on, and says so', async () => {
    const world = new FakeWorld();
    failing(world, toCluster, FORBIDDEN, 'evacuate', 10_000);
    await world.run();
    expect(told(world, 'warning')).toEqual([FORBIDDEN.message]);
    expect(told(world, 'action').filter((text) => text.startsWith('the cluster answers again after'))).toHaveLength(1);
    expect(world.violations).toEqual([]);
  });

  test('in its writes ends with the words of the API server, and looks at the cluster meanwhile', async () => {
    const world = new FakeWorld();
    const policy = new PortError('refused', 'services "emqx-mqtt" is forbidden: selectors of Services are frozen');
    const failures = failing(world, (call) => call.method === 'selectTraffic', policy, 'pin');
    const error = await ended(world.run());
    expect(error).toMatchObject({
      code: 'WRITE_REFUSED',
      message: expect.stringContaining(
        'refuses what is needed for only blue pods behind the traffic Service: services "emqx-mqtt" is forbidden: selectors of Services are frozen',
      ),
    });
    expect(failures).toHaveLength(6);
    expect(world.clock.now() - T0).toBeLessThan(60_000);
    expect(told(world, 'warning')).toEqual([`select-traffic emqx-mqtt: ${policy.message}`]);
    expect(told(world, 'action').filter((text) => text.startsWith('Service'))).toHaveLength(1);
    const looks = world.calls.filter(({ method }) => method === 'observe' || method === 'observeFresh');
    expect(looks.length).toBeGreaterThan(2 * failures.length);
    expect(world.lease).toBeUndefined();
  });

  test('in its writes goes back where that is wanted', async () => {
    const world = new FakeWorld();
    const policy = new PortError('refused', 'frozen');
    let patches = 0;
    world.fault = (call, when) => {
      if (when === 'before' && call.method === 'patchResource' && world.journal?.phase === 'apply' && ++patches)
        throw policy;
    };
    const report = await world.run('p1', request({ limits: { onFailure: 'abort' } }));
    expect(report.outcome).toBe('aborted');
    expect(patches).toBe(6);
  });

  test('ends also where the operator upgrades on its own', async () => {
    const world = new FakeWorld();
    failing(world, (call) => call.method === 'patchResource', FORBIDDEN, 'apply');
    const error = await ended(world.run('p1', request({ driver: 'operator', acceptLoss: true })));
    expect(error.code).toBe('WRITE_REFUSED');
  });

  test('by nodes ends when nothing has moved for long, with their words', async () => {
    const world = new FakeWorld();
    const busy = new PortError('refused', 'eviction_agent_busy');
    const failures = failing(world, (call) => call.method === 'emqx.startEvacuation', busy, 'evacuate');
    const error = await ended(world.run('p1', request({ limits: { stallMs: 60_000 } })));
    expect(error).toMatchObject({ code: 'STALLED', message: expect.stringContaining('; eviction_agent_busy; ') });
    expect(told(world, 'warning')).toEqual([1, 2, 0].map((i) => `start-evacuation ${BLUE}-${i}: eviction_agent_busy`));
    expect(failures.length).toBeLessThanOrEqual(3 * 7);
  });
});

describe('an API server that does not answer', () => {
  test('is asked ever more seldom, and what is said of it is said once', async () => {
    const world = new FakeWorld();
    const failures = failing(world, toCluster, AWAY, 'evacuate', 50_000);
    await world.run();
    const waits = failures.slice(1).map((at, index) => at - failures[index]!);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(failures).toHaveLength(6);
    expect(told(world, 'warning')).toEqual([AWAY.message]);
    const again = told(world, 'action').filter((text) => text.startsWith('the cluster answers again'));
    expect(again).toEqual([expect.stringMatching(/after (5|6)\d s$/)]);
    expect(world.violations).toEqual([]);
  });

  test('for longer than the run has patience ends it', async () => {
    const world = new FakeWorld();
    failing(world, toCluster, AWAY, 'green');
    const error = await ended(world.run('p1', request({ limits: { stallMs: 60_000 } })));
    expect(error).toMatchObject({ code: 'UNREACHABLE', cause: AWAY });
    expect(error.message).toMatch(
      /^the API server has failed requests that the run needs for \d\d s, last: the API server is away; /,
    );
  });

  test('is waited for by a run that is paused', async () => {
    const world = new FakeWorld();
    let asked = false;
    let left = 12;
    world.fault = (call, when) => {
      if (when !== 'before' || !toCluster(call) || world.journal?.phase !== 'green') return;
      if (!asked) world.ask('pause');
      asked = true;
      if (world.journal.paused && left-- > 0) throw AWAY;
      if (left === -1) world.ask('resume');
    };
    await world.run('p1', request({ limits: { stallMs: 60_000 } }));
    expect(left).toBeLessThan(0);
    expect(world.clock.now() - T0).toBeGreaterThan(180_000);
    expect(world.journal?.phase).toBe('done');
  });
});
