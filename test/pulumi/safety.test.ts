import { inputsOf, resourceOf } from '../../src/pulumi/inputs';
import { versionOf } from '../../src/resource';
import { quickstart } from '../../src/sandbox/quickstart';
import { trafficService } from '../../src/sandbox/traffic-service';
import { Desk, failureOf, ID, MOVING } from './_desk';
import { describedAs, EMQX } from './_generations';
import type { Properties } from './_host';

/** What must not happen to a cluster, whatever the state says of it; in Pulumi's own host of dynamic providers, on the sandbox. */
describe('a cluster is safe', () => {
  const desks: Desk[] = [];
  afterEach(async () => {
    for (const desk of desks.splice(0)) await desk.close();
  });

  const open = async (seed: number, clients = 60): Promise<Desk> => {
    const desk = await Desk.open({ manifests: quickstart(20), clients, seed });
    desks.push(desk);
    return desk;
  };
  const lives = async (desk: Desk) => expect(await desk.found('apps.emqx.io/v1beta4', 'EmqxEnterprise', 'emqx-ee'));

  test('from a row that was renamed: it is deleted only by the row that adopted it last', async () => {
    const desk = await open(5);
    const { host } = desk;
    const before = await desk.adopted();
    const refused = await failureOf(host.create(desk.properties('4.4.14')));
    expect(refused.message).toMatch(/already exists\. If this resource was renamed in the program, give it `aliases: /);
    const after = await desk.adopted();
    expect(after['owner']).not.toBe(before['owner']);
    await host.delete(ID, before);
    (await lives(desk)).toBeDefined();
    expect(host.lines).toContainEqual(
      expect.objectContaining({ isWarning: true, text: expect.stringMatching(/left as it is: another resource/) }),
    );
    expect(await desk.pods()).toHaveLength(3);
    // The state of an older version has no token: it must not delete what somebody has adopted either.
    const { owner: _, ...older } = before;
    await host.delete(ID, older);
    (await lives(desk)).toBeDefined();
    await host.delete(ID, after);
    (await lives(desk)).toBeUndefined();
  });

  test('from the kubeconfig of another Kubernetes cluster: it is neither gone, nor changed, nor deleted', async () => {
    const [desk, other] = [await open(5), await open(6)];
    const { host } = desk;
    const olds = await desk.adopted();
    const elsewhere = { ...olds, kubeconfig: other.kubeconfig };
    const news = desk.properties('4.4.15', { kubeconfig: other.kubeconfig });
    const wrong = /the kubeconfig leads to \S+, which is not the Kubernetes cluster of default\/emqx-ee/;
    await expect(host.read(ID, elsewhere)).rejects.toThrow(wrong);
    await expect(host.diff(ID, olds, news)).rejects.toThrow(wrong);
    await expect(host.update(ID, olds, news)).rejects.toThrow(wrong);
    await expect(host.delete(ID, elsewhere)).rejects.toThrow(wrong);
    for (const one of [desk, other]) expect(versionOf(await one.resource())).toBe('4.4.14');
    expect(await other.lease()).toBeUndefined();
  });

  test('from the state of one that was created again under its name', async () => {
    const desk = await open(5);
    const { host } = desk;
    const olds = await desk.adopted();
    const former = { ...olds, identity: { ...(olds['identity'] as Properties), uid: 'another' } };
    for (const attempt of [
      host.read(ID, former),
      host.update(ID, former, desk.properties('4.4.15')),
      host.delete(ID, former),
    ]) {
      await expect(attempt).rejects.toThrow(/was deleted and created again since/);
    }
    (await lives(desk)).toBeDefined();
  });

  test('from one of the other kind with its name: each is read and deleted alone', async () => {
    const desk = await open(5);
    const { host } = desk;
    const enterprise = await desk.adopted();
    const described = describedAs({ ...EMQX, name: 'emqx-ee' }, '5.8.8');
    const twin = { ...described, kubeconfig: desk.kubeconfig, __progressRow: EMQX.row };
    const service = trafficService(resourceOf(inputsOf(twin)), 32_011);
    await desk.api.create({ ...service, metadata: { ...service.metadata, name: 'emqx-ee-twin' } });
    const made = await host.create(twin);
    expect(made.outputs['nodes']).toHaveLength(5);
    const { outputs } = await host.read(ID, enterprise);
    expect(outputs).toEqual(enterprise);
    await host.delete(ID, made.outputs);
    expect(await desk.pods()).toHaveLength(3);
    (await lives(desk)).toBeDefined();
    const again = await host.create({ ...twin, __progressRow: `${EMQX.row}-2` });
    await host.delete(ID, enterprise);
    (await lives(desk)).toBeUndefined();
    expect(await desk.pods()).toHaveLength(5);
    expect((await host.read(ID, again.outputs)).outputs).toEqual(again.outputs);
  });

  describe('in the middle of an upgrade that its state knows nothing of', () => {
    const OLD = '4.4.14';
    const NEW = '4.4.15';
    const THIRD = '4.4.16';
    let desk: Desk;
    let olds: Properties;
    const lines = (from: number) => desk.host.lines.slice(from).map(({ text }) => text);

    /** Asks what remains to be done; what a preview shows of it. */
    const preview = async (state: Properties, version: string) => {
      const from = desk.host.lines.length;
      const { changes } = await desk.host.diff(ID, state, desk.properties(version, { adopt: true }));
      return { changes, shown: lines(from) };
    };

    beforeEach(async () => {
      desk = await open(5, 150);
      olds = await desk.adopted();
    });

    test.each([
      ['running', OLD, false, []],
      ['running', NEW, true, [`upgrade ${OLD} → ${NEW}: 150 devices are moved, about 13 s at 20/s`]],
      ['running', THIRD, true, [`upgrade ${OLD} → ${THIRD}: 150 devices are moved, about 13 s at 20/s`]],
      ['upgrading', OLD, true, ['waits until the cluster is at rest']],
      ['upgrading', NEW, true, [`upgrade ${OLD} → ${NEW}: 150 devices are moved, about 13 s at 20/s`]],
    ])('at rest, the state %s: %s is wanted', async (phase, version, changes, shown) => {
      const seen = await preview({ ...olds, phase }, version);
      expect(seen.changes).toBe(changes);
      expect(seen.shown.map((line) => line.replace(/about \d+ s/, 'about 13 s'))).toEqual(shown);
    });

    test.each([
      ['another process', true],
      ['nobody', false],
    ])('open, driven by %s: each state and each version is a change', async (_who, isDriven) => {
      const { host } = desk;
      const running = host.update(ID, olds, desk.properties(NEW, { adopt: true }));
      await host.said(({ text }) => MOVING.test(text));
      if (!isDriven) {
        await host.cancel();
        await failureOf(running);
      }
      const run = new RegExp(`the upgrade ${OLD} → ${NEW}, in phase evacuate`);
      for (const phase of ['running', 'upgrading']) {
        for (const [version, does] of [
          [OLD, 'rolls back'],
          [NEW, 'resumes'],
          [THIRD, 'up is refused: these properties ask for something else than'],
        ] as const) {
          const { changes, shown } = await preview({ ...olds, phase }, version);
          expect(changes).toBe(true);
          expect(shown.filter((line) => run.test(line))).toEqual([expect.stringMatching(new RegExp(`^${does} `))]);
        }
      }
      if (isDriven) await running;
    });

    test('a state that says running, and the old version: the upgrade is rolled back', async () => {
      const { host } = desk;
      const left = failureOf(host.update(ID, olds, desk.properties(NEW, { adopt: true })));
      await host.said(({ text }) => MOVING.test(text));
      await host.cancel();
      await left;
      const outputs = await host.update(ID, olds, desk.properties(OLD, { adopt: true }));
      expect(outputs).toMatchObject({ phase: 'running', version: OLD, owner: olds['owner'] });
      expect(versionOf(await desk.resource())).toBe(OLD);
      expect(outputs['nodes']).toEqual(olds['nodes']);
    });
  });

  test('a silent API server: the diff is by the state, and says so', async () => {
    const desk = await open(5);
    const olds = await desk.adopted();
    const news = desk.properties('4.4.14', { kubeconfig: '/nowhere/kubeconfig' });
    expect(await desk.host.diff(ID, { ...olds, kubeconfig: '/nowhere/kubeconfig' }, news)).toMatchObject({
      changes: false,
    });
    expect(desk.host.lines.at(-1)).toMatchObject({
      isWarning: true,
      text: expect.stringMatching(/^the cluster could not be read, so this is by the state alone: .*ENOENT/),
    });
  });

  test('a provider whose engine was killed ends by itself, after its operation', async () => {
    const desk = await open(5);
    const { host } = desk;
    await desk.adopted();
    host.loseEngine();
    await host.end();
  });
});
