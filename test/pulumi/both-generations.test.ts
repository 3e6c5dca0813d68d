import { readFileSync } from 'node:fs';
import type { KubeObject } from '../../src/kubernetes';
import { inputsOf, resourceOf } from '../../src/pulumi/inputs';
import { typeOf } from '../../src/pulumi/resource-types';
import type { LastUpgrade } from '../../src/pulumi/state';
import { isHeld, versionOf } from '../../src/resource';
import { Desk, failureOf, MOVING } from './_desk';
import { EngineModel, type Step } from './_engine-model';
import { EMQX, ENTERPRISE, manifestsOf } from './_generations';
import { PartialFailure, type Properties } from './_host';

const SECRETS = ['p4ssw0rd-of-redis', 'secret-of-a-key'] as const;
const ENV = { EMQX_AUTH__REDIS__PASSWORD: { value: SECRETS[0] } };
const API_KEYS = [{ key: 'dashboards', secret: SECRETS[1] }];

const CASES = [
  {
    generation: ENTERPRISE,
    other: { replicas: 4 },
    differing: ['spec.replicas', 'spec.template.spec.emqxContainer.image.version'],
    more: { replicas: 4 },
    changed: {
      spec: { replicas: 2, blueGreenUpdate: { evacuationStrategy: { connEvictRate: 7 } } },
      properties: { replicas: 2 },
    },
    secretly: { env: ENV, apiKeys: API_KEYS },
    wrong: { env: SECRETS[0], apiKeys: SECRETS[1] },
  },
  {
    generation: EMQX,
    other: { cores: { replicas: 3 } },
    differing: ['spec.image', 'spec.coreTemplate.spec.replicas'],
    more: { replicants: { replicas: 4 } },
    changed: {
      spec: {
        replicantTemplate: { spec: { replicas: 2 } },
        updateStrategy: { evacuationStrategy: { connEvictRate: 7 } },
      },
      properties: { replicants: { replicas: 2 } },
    },
    secretly: {
      cores: { replicas: 2, env: ENV },
      config: { authentication: [{ backend: 'redis', password: SECRETS[0] }] },
      apiKeys: API_KEYS,
    },
    wrong: { cores: { env: SECRETS[0] }, config: 5, apiKeys: SECRETS[1] },
  },
].map((one) => ({ ...one, kind: one.generation.kind }));

/** The provider in Pulumi's own host of dynamic providers, over gRPC, on the sandbox: the same for both generations. */
describe.each(CASES)(
  'the provider of $kind',
  ({ kind, generation, other, differing, more, changed, secretly, wrong }) => {
    const [old, next] = generation.versions;
    let desk: Desk;
    afterEach(() => desk.close());

    const withCluster = async (described: Properties = {}) => {
      desk = await Desk.open({ manifests: manifestsOf(generation, described), clients: 150, seed: 5 }, generation);
    };
    /** Upgrades, is left at Ctrl-C in the middle of the evacuation, and what the engine is told then. */
    const interrupted = async (olds: Properties, news: Properties): Promise<PartialFailure> => {
      const failure = failureOf(desk.host.update(desk.id, olds, news));
      await desk.host.said(({ text }) => MOVING.test(text));
      await desk.host.cancel();
      return (await failure) as PartialFailure;
    };
    /** The same, with the engine's side of it modelled. */
    const leftAtCtrlC = async (engine: EngineModel, news: Properties): Promise<Step> => {
      const step = engine.up(news);
      await desk.host.said(({ text }) => MOVING.test(text));
      await desk.host.cancel();
      return step;
    };

    test('makes a cluster, upgrades it, reads it, and removes it with all that belongs to it', async () => {
      desk = await Desk.open({ clients: 150, seed: 3 }, generation);
      const { host } = desk;
      if (kind === 'EMQX') await desk.api.create(manifestsOf(generation).objects[0]!);
      const exposed = kind === 'EMQX' ? {} : { exposure: 'operator', service: { type: 'NodePort', mqtt: 32_010 } };
      const made = await host.create(desk.properties(old, exposed));
      expect(made).toMatchObject({
        id: desk.id,
        outputs: { schema: 1, phase: 'running', toVersion: old, drift: [], journal: `default/${generation.companion}` },
      });
      expect(made.outputs['nodes']).toHaveLength(generation.pods);
      await desk.connected;
      const before = host.lines.length;
      const upgraded = await host.update(desk.id, made.outputs, desk.properties(next, exposed));
      expect(upgraded).toMatchObject({
        version: next,
        phase: 'running',
        fromVersion: old,
        toVersion: next,
        lastUpgrade: { outcome: 'completed', capPerSecond: 20, fromVersion: old, toVersion: next },
      });
      expect(upgraded['revision']).not.toBe(made.outputs['revision']);
      const rows = host.rows().slice(before);
      expect(rows).toContainEqual(expect.stringMatching(/^building the new nodes: \d of 3 ready$/));
      expect(rows).toContainEqual(
        expect.stringMatching(
          new RegExp(`^\\d+/\\d+ · \\d+/s · \\d+ s left · ${desk.generation.evacuating}, at most 20/s$`),
        ),
      );
      expect(new Set(host.lines.map(({ urn }) => urn))).toEqual(new Set([desk.generation.row, '']));
      const brief = host.lines.filter(({ urn }) => urn === '').map(({ text }) => text);
      expect(brief).toContainEqual(expect.stringMatching(/^\d+\/\d+ \d+\/s \d+s$/));

      expect(await host.diff(desk.id, upgraded, desk.properties(next, exposed))).toEqual({
        changes: false,
        replaces: [],
      });
      expect((await host.read(desk.id, upgraded)).outputs).toEqual(upgraded);

      await host.delete(desk.id, upgraded);
      expect(await desk.existing()).toBeUndefined();
      expect(await desk.lease()).toBeUndefined();
      expect(await desk.pods()).toEqual([]);
      expect((await host.read(desk.id, upgraded)).id).toBe('');
      await host.delete(desk.id, upgraded); // what is gone already is no error
    });

    test('takes over a cluster that exists only if told, and only as it is', async () => {
      await withCluster();
      const { host } = desk;
      expect((await failureOf(host.create(desk.properties(old)))).message).toMatch(
        new RegExp(`^the ${kind} ${desk.id} already exists\\. .* adopt: true adopts it as it is$`),
      );
      const refused = await failureOf(host.create(desk.properties(next, { adopt: true, ...other })));
      expect(refused).not.toBeInstanceOf(PartialFailure);
      expect(refused.message).toContain(`differs from the properties in ${differing.join(', ')};`);
      expect(await desk.adopted()).toMatchObject({ phase: 'running', version: old });
      expect(desk.host.rows().at(-1)).toBe(`adopted: ${old} runs on ${generation.pods} nodes`);
    });

    test('stops at Ctrl-C with the operator held and the lease given back, and the next update goes on', async () => {
      await withCluster();
      const { host } = desk;
      const engine = new EngineModel(host);
      await desk.connected;
      expect(await engine.up(desk.properties(old, { adopt: true }))).toBe('created');
      const adopted = engine.row!.outputs;
      const wanted = desk.properties(next, { adopt: true });
      expect(await leftAtCtrlC(engine, wanted)).toBe('failed');
      const { id, inputs, outputs, initErrors } = engine.row!;
      expect(id).toBe(desk.id);
      expect(initErrors).toEqual([
        expect.stringMatching(
          /^stopped by Cancel \(Ctrl-C, or SIGTERM to the CLI\); in phase evacuate: blue nodes whose evacuation has started continue at their rates.*; `pulumi up` resumes$/,
        ),
      ]);
      expect(inputs).toMatchObject({ version: old });
      expect(outputs).toMatchObject({
        schema: 1,
        phase: 'upgrading',
        version: old,
        fromVersion: old,
        toVersion: next,
        __provider: adopted['__provider'],
      });
      expect((await desk.lease())?.spec.holderIdentity ?? undefined).toBeUndefined();
      expect(isHeld(await desk.resource())).toBe(true);

      // It makes the engine forget the failure; the phase still says that there is something to do.
      await engine.refresh();
      expect(engine.row).toMatchObject({ initErrors: [], outputs: { phase: 'upgrading', version: next } });
      expect(await engine.up(wanted)).toBe('updated');
      expect(engine.row!.outputs).toMatchObject({
        phase: 'running',
        version: next,
        lastUpgrade: { outcome: 'completed' },
      });
      expect(host.rows()).toContain(`resumed: ${desk.generation.evacuating}`);
      expect(isHeld(await desk.resource())).toBe(false);
      expect(await engine.up(wanted)).toBe('unchanged');
    });

    test('goes back when the old version is wanted again in the middle of an upgrade', async () => {
      await withCluster();
      const engine = new EngineModel(desk.host);
      await desk.connected;
      const before = desk.properties(old, { adopt: true });
      await engine.up(before);
      const { revision } = engine.row!.outputs;
      expect(await leftAtCtrlC(engine, desk.properties(next, { adopt: true }))).toBe('failed');
      // By the properties nothing has changed: it is the failure that makes the engine ask.
      expect(engine.row!.inputs).toMatchObject({ version: old });
      expect(await engine.up(before)).toBe('updated');
      expect(engine.row!.outputs).toMatchObject({
        phase: 'running',
        version: old,
        lastUpgrade: { outcome: 'aborted' },
        revision,
      });
      const { moved, movedBack, evacuateMs } = engine.row!.outputs['lastUpgrade'] as Required<LastUpgrade>;
      for (const figure of [moved, movedBack, evacuateMs]) expect(figure).toBeGreaterThan(0);
      expect(versionOf(await desk.resource())).toBe(old);
      expect(await engine.up(before)).toBe('unchanged');
    });

    test('changes the number of nodes without an upgrade', async () => {
      await withCluster();
      const adopted = await desk.adopted();
      const scaled = await desk.host.update(desk.id, adopted, desk.properties(old, more));
      expect(scaled).toMatchObject({ phase: 'running', ...more, fromVersion: '' });
      expect(scaled['nodes']).toHaveLength(generation.pods + 1);
      expect(scaled['revision']).toBe(adopted['revision']);
    });

    test('changes the number of nodes together with the version', async () => {
      await withCluster();
      const adopted = await desk.adopted();
      const upgraded = await desk.host.update(desk.id, adopted, desk.properties(next, more));
      expect(upgraded).toMatchObject({ phase: 'running', ...more, lastUpgrade: { outcome: 'completed' } });
      expect(upgraded['nodes']).toHaveLength(generation.pods + 1);
      expect(versionOf(await desk.resource())).toBe(next);
    });

    test('sees at a refresh what somebody else has changed', async () => {
      await withCluster();
      const adopted = await desk.adopted();
      await desk.api.patch<KubeObject>(desk.ref, { type: 'merge', body: { spec: changed.spec } });
      const { outputs } = await desk.host.read(desk.id, adopted);
      expect(outputs).toMatchObject({
        ...changed.properties,
        blueGreenUpdate: { evacuationStrategy: { connectionEvictionRate: 7 } },
        drift: [],
      });
      const before = await desk.resource();
      const wanted = desk.properties(old);
      expect(await desk.host.diff(desk.id, outputs, wanted)).toMatchObject({ changes: true });
      const healed = await desk.host.update(desk.id, outputs, wanted);
      expect(healed).toMatchObject({ phase: 'running', drift: [] });
      const live = await desk.resource();
      expect(live.spec).not.toEqual(before.spec);
      expect(live.spec).toEqual(resourceOf(inputsOf(wanted)).spec);
    });

    test('describes a cluster it knows by its id alone', async () => {
      await withCluster();
      const way = { kubeconfig: desk.kubeconfig, ...(kind === 'EMQX' && { __kind: kind }) };
      const { id, inputs } = await desk.host.read(desk.id, way);
      const { __progressRow: _, ...described } = desk.properties(old, kind === 'EMQX' ? {} : { replicas: 3 });
      expect(id).toBe(desk.id);
      expect(inputs).toMatchObject(described);
    });

    test('keeps secrets under their own properties, and shows them nowhere', async () => {
      await withCluster(secretly);
      const text = readFileSync(desk.kubeconfig, 'utf8');
      const given = { kubeconfig: text, ...secretly };
      const adopted = await desk.adopted(given);
      const { properties, reasons } = await interrupted(adopted, desk.properties(next, given));
      const refreshed = await desk.host.read(desk.id, properties);
      const checked = await desk.host.check(desk.properties(next, { ...given, ...wrong }));

      const states = [adopted, properties, refreshed.outputs].map((state) => {
        expect(JSON.stringify(state).length).toBeLessThan(20_000);
        return Object.entries(state).filter(([name]) => !typeOf(state).secrets.includes(name));
      });
      const journal = await desk.found('v1', 'ConfigMap', generation.companion);
      const shown = JSON.stringify([states, reasons, journal, desk.host.lines, desk.host.printed, checked.failures]);
      expect(shown).toContain(next);
      for (const secret of [...SECRETS, new URL(desk.server).pathname.slice(1), text.trim()]) {
        expect(secret.length).toBeGreaterThan(10);
        expect(shown).not.toContain(secret);
      }
    });
  },
);
