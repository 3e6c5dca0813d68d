import { SimulatedCluster } from './_simulated';

const UPGRADE = 'upgrade --set-version 4.4.15 --yes';

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(300);
});

/** Runs an upgrade, and does something else once it evacuates. */
function beside(work: () => Promise<void>) {
  return cluster.world.clock.run(async () => {
    let evacuates = false;
    const upgrade = cluster.started(UPGRADE, {
      written: (text) => {
        evacuates ||= text.includes('phase evacuate');
      },
    });
    while (!evacuates) await cluster.world.clock.sleep(100);
    await cluster.world.clock.sleep(1_000);
    await work();
    return upgrade;
  });
}

describe('an upgrade under way', () => {
  test('is paused and resumed from another terminal', async () => {
    const { code, out } = await beside(async () => {
      const paused = await cluster.started('pause');
      expect(paused).toMatchObject({
        code: 0,
        out: 'default/emqx-ee: the upgrade is paused: no devices are disconnected until it is resumed\n',
        err: '',
      });
      await cluster.world.clock.sleep(2_000);
      const before = cluster.ledger.report().disconnectsPerClient;
      await cluster.world.clock.sleep(20_000);
      expect(cluster.ledger.report().disconnectsPerClient).toEqual(before);
      expect(await cluster.started('resume -o json')).toMatchObject({ out: '{"asked":{"do":"resume"}}\n' });
    });
    expect(code).toBe(0);
    expect(out).toMatch(/ s {2}as requested: pause\n[\s\S]* s {2}as requested: resume\n/);
    expect(out).toMatch(/^paused {6}2\d(\.\d)? s$/m);
  });

  test('gets another rate', async () => {
    const { code, out } = await beside(async () => {
      expect(await cluster.started('rate 20')).toMatchObject({ out: 'default/emqx-ee: the new rate is in effect\n' });
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^cap {9}100, then 20 disconnects\/s in the whole cluster$/m);
  });

  test('is aborted: its own command ends with what came of it', async () => {
    const { code, out } = await beside(async () => {
      expect((await cluster.started('abort')).out).toMatch(/the upgrade is being aborted; attach watches it\n$/);
    });
    expect(out).toMatch(/^default\/emqx-ee: 4.4.14 → 4.4.15, aborted$/m);
    expect(code).toBe(4);
    expect(cluster.resource.spec.template?.spec?.emqxContainer?.image?.version).toBe('4.4.14');
  });

  test('that nobody drives is resumed by the command that status prints', async () => {
    const ended = await cluster.world.clock.run(async () => {
      await cluster.started(UPGRADE, {
        written: (text, shell) => text.includes('phase evacuate') && shell.interrupt(),
      });
      const { out } = await cluster.started('status');
      const typed = /^no process drives it; to resume, run: emqx-blue-green (.*)$/m.exec(out)?.[1];
      return cluster.started(typed!);
    });
    expect(ended).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/, completed\n/) });
  });

  test('that nobody drives is taken back by whoever aborts it', async () => {
    const { code, out } = await cluster.world.clock.run(async () => {
      const left = await cluster.started(UPGRADE, {
        written: (text, shell) => text.includes('phase evacuate') && shell.interrupt(),
      });
      expect(left.code).toBe(4);
      return cluster.started('abort');
    });
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/, aborted\n/) });
    expect(cluster.resource.spec.template?.spec?.emqxContainer?.image?.version).toBe('4.4.14');
  });
});

describe('without an upgrade', () => {
  test.each(['pause', 'resume', 'rate 5', 'abort'])('%s says that there is none', async (words) => {
    const { code, err } = await cluster.run(words);
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^no upgrade of this cluster is under way\n→ /),
    });
    expect(cluster.traces).toEqual([]);
  });

  test('abort shows the plan of the way back, once the last one is over', async () => {
    expect((await cluster.run(UPGRADE)).code).toBe(0);
    const { code, out, err } = await cluster.run('abort');
    expect(code).toBe(2);
    expect(err).toMatch(/is under way\n→ the last one has ended: to go back, run an upgrade to version 4.4.14, /);
    expect(out).toMatch(
      /4\.4\.15 → 4\.4\.14[\s\S]*expected {7}\d[\s\S]*‼ version {9}version 4\.4\.14 is older than 4\.4\.15/,
    );
    // Nothing was begun by that.
    expect((await cluster.run('status')).out).toContain('EMQX 4.4.15: at rest');
  });

  test('a rate that is none is bad input', async () => {
    const { code, err } = await cluster.run('rate 0');
    expect(code).toBe(2);
    expect(err).toMatch(/'<per second>' \("0"\) must be a whole number from 1 to/);
  });

  test('there is nothing to rescue', async () => {
    expect(await cluster.run('rescue')).toMatchObject({ code: 0, out: 'default/emqx-ee: nothing to rescue\n' });
  });
});

describe('rescue', () => {
  const leave = () =>
    cluster.run(UPGRADE, { written: (text, shell) => text.includes('phase green') && shell.interrupt() });

  test('only tells, where nobody can be asked', async () => {
    await leave();
    const { code, out } = await cluster.run('rescue');
    expect(code).toBe(3);
    expect(out).toMatch(
      /✗ run-left\n {2}a run to version 4.4.15 was left in phase "green", and no process drives it\n {2}→ would resume it to its end/,
    );
    expect(cluster.resource.spec.template?.spec?.emqxContainer?.image?.version).toBe('4.4.15');
  });

  test('does it once agreed', async () => {
    await leave();
    const { code, out } = await cluster.run('rescue --yes');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/\nrun-left: done\n$/) });
    const { troubles, cured } = JSON.parse((await cluster.run('rescue -o json')).out) as Record<string, unknown[]>;
    expect([troubles, cured]).toEqual([[], []]);
    expect(cluster.ledger.report().disconnectsPerClient.max).toBe(1);
  });
});
