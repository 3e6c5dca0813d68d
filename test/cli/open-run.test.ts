import type { UpgradeStatus } from '../../src/upgrade';
import { SimulatedCluster } from './_simulated';

const UPGRADE = 'upgrade --set-version 4.4.15 --yes';
/** Advice that would break what the run does. */
const BY_HAND = /evacuation\/stop|by hand,|is already running on/;

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(300);
});
afterEach(() => cluster.world.stop());

/** Runs an upgrade, and does something else once it has reached a phase. */
function beside(phase: string, work: () => Promise<void>) {
  return cluster.world.clock.run(async () => {
    let reached = false;
    const upgrade = cluster.started(UPGRADE, {
      written: (text) => {
        reached ||= text.includes(`phase ${phase}`);
      },
    });
    while (!reached) await cluster.world.clock.sleep(100);
    await cluster.world.clock.sleep(1_000);
    await work();
    return upgrade;
  });
}

/** One line without the breaks that a width makes. */
const flat = (text: string) => text.replace(/\s+/g, ' ');

describe('while somebody drives an upgrade', () => {
  test('check and plan say which one, in which phase, at which cap, and what watches it', async () => {
    const { code } = await beside('evacuate', async () => {
      await cluster.started('rate 50');
      for (const words of ['check', 'check --set-version 4.4.15', 'plan --set-version 4.4.15']) {
        const { code, out } = await cluster.started(words);
        expect(flat(out)).toMatch(
          /‼ open-run an upgrade from 4\.4\.14 to 4\.4\.15 is open, in phase evacuate, at most 50 disconnects\/s in the whole cluster, driven by \S+ \S+ → `emqx-blue-green attach` watches it/,
        );
        expect(flat(out)).toContain('✓ blue-green at most 50 disconnects/s');
        expect(out).not.toMatch(BY_HAND);
        // Another one cannot begin.
        expect(out).toMatch(/✗ lease /);
        expect(code).toBe(3);
      }
    });
    expect(code).toBe(0);
  });

  test('the version of the status is the old one until the old nodes are empty, and then the new one', async () => {
    const versions: string[] = [];
    let over = false;
    await cluster.world.clock.run(async () => {
      const upgrade = cluster.started(UPGRADE).then(() => {
        over = true;
      });
      while (!over) {
        const { out } = await cluster.started('status -o json');
        const { version } = JSON.parse(out) as UpgradeStatus;
        if (versions.at(-1) !== version) versions.push(version);
        await cluster.world.clock.sleep(300);
      }
      await upgrade;
    });
    expect(versions).toEqual(['4.4.14', '4.4.15']);
  });
});

describe('while nobody drives an upgrade that was left', () => {
  const leave = (phase: string) =>
    cluster.run(UPGRADE, { written: (text, shell) => text.includes(`phase ${phase}`) && shell.interrupt() });

  test.each(['green', 'evacuate', 'retire'])(
    'in phase %s, check and plan name the command that goes on',
    async (phase) => {
      await leave(phase);
      for (const words of ['check', 'plan --set-version 4.4.15']) {
        const { code, out } = await cluster.run(words);
        expect(flat(out)).toMatch(
          new RegExp(
            `‼ open-run an upgrade from 4\\.4\\.14 to 4\\.4\\.15 is open, in phase ${phase}, .* no process drives it now → \`emqx-blue-green resume emqx-ee -n default\` resumes it`,
          ),
        );
        expect(out).not.toMatch(BY_HAND);
        expect(out).not.toMatch(/✗/);
        expect(out).toMatch(/An upgrade is open\.\n$/);
        expect(code).toBe(0);
      }
      expect((await cluster.run('plan --set-version 4.4.15')).out).toMatch(/^default\/emqx-ee: 4\.4\.14 → 4\.4\.15, /);
    },
  );

  test('another version has to wait for it', async () => {
    await leave('evacuate');
    const { code, out } = await cluster.run('plan --set-version 4.4.16');
    expect(flat(out)).toMatch(
      /✗ open-run .* → finish it first: `emqx-blue-green resume emqx-ee -n default` resumes it/,
    );
    expect(code).toBe(3);
  });
});

describe('the way back, once the old nodes are gone', () => {
  test('is what abort says: a downgrade that must be accepted, and then is an upgrade', async () => {
    expect((await cluster.run(UPGRADE)).code).toBe(0);
    const abort = await cluster.run('abort');
    expect(abort.code).toBe(2);
    expect(abort.err).toMatch(
      /→ the last one has ended: to go back, run an upgrade .* 4\.4\.14, with --accept-downgrade /,
    );
    expect(abort.out).not.toMatch(/✗/);
    expect(flat(abort.out)).toContain('‼ version version 4.4.14 is older than 4.4.15: the downgrade is accepted');

    const refused = await cluster.run('upgrade --set-version 4.4.14 --yes');
    expect(refused.code).toBe(3);
    expect(flat(refused.out)).toMatch(/✗ version .* older than 4\.4\.15 → a downgrade: .* with --accept-downgrade /);

    const { code, out } = await cluster.run('upgrade --set-version 4.4.14 --accept-downgrade --yes');
    expect(code).toBe(0);
    expect(out).toMatch(/^default\/emqx-ee: 4\.4\.15 → 4\.4\.14, completed$/m);
    expect(cluster.ledger.report().disconnectsPerClient.max).toBe(2);
  });
});
