import { type Phase, runUpgrade } from '../src/upgrade';
import { describeKube } from './_describe-kube';
import { kubectlApply, labFile, measured } from './_lab';
import { expectMovedOnce, tell } from './_moved-once';
import { AT_REST, remainsOf } from './_remains';
import { expectPage } from './_report-page';
import { counted, refusedTo, requestsFrom } from './_requests';
import { Site } from './_site';
import { deedsOfOperator, heldAgain } from './_unheld';
import { until } from './_until';
import { NODES, SERVICE } from './_upgrade-cluster';

// They wait for most of their time, and so they wait together: each in a namespace of its own.
describeKube('on a real API server, an upgrade', () => {
  test.concurrent('moves each of 3,000 clients once, with the rights of UpgradeAccess', () =>
    Site.with('upgrade-engine', { clients: 3_000, rate: 300 }, async (site) => {
      const run = runUpgrade(await site.engine(), { desired: site.desired() }, site.patience);
      const { outcome, durationMs, evacuateMs, lowerBoundMs } = await run;
      const requests = requestsFrom(site.namespace);
      measured(`${site.namespace}: ${durationMs} ms, evacuation ${evacuateMs} ms (lower bound ${lowerBoundMs} ms)`);
      measured(`${site.namespace}: ${requests.length} requests to the API server, ${counted(requests)}`);
      expect(outcome).toBe('completed');
      await expectMovedOnce(site);
      expect(await remainsOf(site)).toEqual(AT_REST);
      expect(refusedTo(site.namespace)).toEqual([]);
    }));

  test.concurrent('by the command line does, too, while another one is told who runs it', () =>
    Site.with('upgrade-command', { clients: 3_000, rate: 300 }, async (site) => {
      const plan = await site.command('plan', '--set-version', site.target.to, '--simulate', '-o', 'json').ended;
      const report = { outcome: 'completed', clients: 3_000, sessionsMoved: 300, disconnectsPerClient: { max: 1 } };
      expect(JSON.parse(plan.output)).toMatchObject({ simulation: { scale: 1, isSampled: true, report } });
      const first = site.upgrade('--html', labFile('upgrade.html'));
      await site.reached('green');
      const second = await site.upgrade().ended;
      expect(second).toEqual({ code: 3, output: expect.stringMatching(`lease: .* ${first.pid}-`) });
      expect(await first.ended).toEqual({ code: 0, output: expect.stringContaining('completed') });
      await expectMovedOnce(site);
      expect(await remainsOf(site)).toEqual(AT_REST);
      await expectPage(site, labFile('upgrade.html'));
      // By a bare name clusters of both kinds are looked for; these rights are for one of them.
      const refused = refusedTo(site.namespace).filter(({ what }) => what !== 'list emqxes');
      expect(refused).toEqual([]);
    }));

  test.concurrent('by the operator alone comes to its end, and loses every session', () =>
    Site.with('upgrade-operator', { clients: 300, service: 'emqx-ee' }, async (site) => {
      const upgrade = site.upgrade('--driver', 'operator', '--accept-loss');
      expect(await upgrade.ended).toEqual({ code: 6, output: expect.stringContaining('completed with losses') });
      const seen = await site.fleet.report();
      tell(site.namespace, seen);
      expect(seen).toMatchObject({ sessionsKept: 0, sessionsLost: 30, messagesDelivered: 0 });
      expect(seen.disconnectsPerClient.mean).toBeGreaterThan(1);
      expect(seen.peakDisconnectsPerSecond).toBeGreaterThan(site.rate);
      expect(await remainsOf(site)).toEqual(AT_REST);
    }));

  const phases: Phase[] = ['claim', 'pin', 'apply', 'green', 'switch', 'evacuate', 'retire', 'release'];
  test.concurrent.each(phases)('whose process is killed in phase %s goes on by the same command', (phase) =>
    Site.with(`upgrade-killed-in-${phase}`, { clients: 300 }, async (site) => {
      const first = site.upgrade();
      await site.reached(phase);
      first.kill();
      expect((await first.ended).code).toBeNull();
      await site.free();
      expect(await site.upgrade().ended).toEqual({ code: 0, output: expect.stringContaining('(resumed)') });
      await expectMovedOnce(site);
      expect(await remainsOf(site)).toEqual(AT_REST);
    }),
  );

  test.concurrent.each<Phase>(['green', 'evacuate'])(
    'holds again at once when somebody resets the delay in phase %s',
    (phase) =>
      Site.with(`upgrade-reset-in-${phase}`, { clients: 300 }, async (site) => {
        const reset = async () => {
          await site.reached(phase);
          if (phase === 'evacuate') await until('devices to be on their way', () => site.fleet.disconnects > 0);
          const [unheldMs] = await Promise.all([heldAgain(site), kubectlApply(site.upgraded())]);
          return Math.round(unheldMs);
        };
        const run = runUpgrade(await site.engine(), { desired: site.desired() }, site.patience);
        const [unheldMs] = await Promise.all([reset(), run]);
        const said = (await deedsOfOperator(site)).join(', ') || 'nothing';
        measured(`${site.namespace}: not held for ${unheldMs} ms, in which the operator said: ${said}`);
        await expectMovedOnce(site);
        expect(await remainsOf(site)).toEqual(AT_REST);
      }),
  );

  test.concurrent('that cannot hold in time, and so loses a pod to the operator, saves the others', () =>
    Site.with('upgrade-reset-in-vain', { clients: 300 }, async (site) => {
      const front = site.world.front(SERVICE);
      const blue = front.endpoints;
      const upgrade = site.upgrade();
      await until('new clients to enter by green alone', () => !front.endpoints.some((pod) => blue.includes(pod)));
      await upgrade.paused(async () => {
        await kubectlApply(site.upgraded());
        await until('the operator to remove a pod', () => site.world.nodes.length < 2 * NODES);
      });
      expect(await upgrade.ended).toMatchObject({ code: 6, output: expect.stringContaining('completed with losses') });
      const seen = await site.fleet.report();
      tell(site.namespace, seen);
      measured(`${site.namespace}: the operator said: ${(await deedsOfOperator(site)).join(', ')}`);
      expect(seen.disconnectsPerClient.histogram).toEqual([0, 300]);
      expect(seen.sessionsLost).toBeGreaterThan(0);
      expect(seen.sessionsKept).toBeGreaterThan(0);
      expect(await remainsOf(site)).toEqual(AT_REST);
    }));
});
