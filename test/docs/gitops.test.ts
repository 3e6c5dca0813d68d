import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/kubernetes';
import type { ConfigMap } from '../../src/kubernetes/core-objects';
import { type EmqxResource, generationOf, HOLD_DELAY_SECONDS, versionOf } from '../../src/resource';
import { trafficService } from '../../src/sandbox/traffic-service';
import { mergePatch } from '../../src/simulator/kubernetes/merge-patch';
import { isKind, NAMESPACE, Playground } from '../runner/_runners';
import { healthOf } from './_argo-lua';
import { ROOT } from './_steps';

type Manifest = EmqxResource & KubeObject;

const text = readFileSync(path.join(ROOT, 'docs/gitops.md'), 'utf8');

/** All objects of the page. */
const page = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
  parseAllDocuments(block!).map((document) => document.toJS() as KubeObject),
);

function find<T extends KubeObject>(kind: string, name?: string): T {
  const found = page.filter((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  expect(found).toHaveLength(1);
  return found[0] as T;
}

const checks = find<ConfigMap>('ConfigMap', 'argocd-cm').data!;
const policy = find<ConfigMap>('ConfigMap', 'emqx-upgrade-runner').data!['policy']!;

const health = (resource: Manifest) =>
  healthOf(checks[`resource.customizations.health.apps.emqx.io_${resource.kind}`]!, resource).status;

const KINDS = [
  ['EmqxEnterprise', '4.4.15'],
  ['EMQX', '5.8.9'],
] as const;
type Kind = (typeof KINDS)[number][0];

/** What stands in Git, with rates at which the devices of a test take several intervals of a sync. */
function inGit(kind: Kind): Manifest {
  const strategy = { evacuationStrategy: { connEvictRate: 1, sessEvictRate: 1 } };
  const manifest = find<Manifest>(kind);
  const spec = kind === 'EMQX' ? { updateStrategy: strategy } : { blueGreenUpdate: strategy };
  return mergePatch(manifest, { metadata: { namespace: NAMESPACE }, spec });
}

/** The same with another delay, or none. */
const delayed = (manifest: Manifest, seconds: number | null) =>
  mergePatch(manifest, { spec: generationOf(manifest).delayPatch(seconds as number) });

const serviceOf = (kind: Kind) =>
  kind === 'EMQX' ? find('Service') : trafficService({ ...inGit(kind), kind } as EmqxResource, 32_010);

/** A cluster and what follows it, as the page has them. */
class Site {
  readonly seen: string[] = [];
  private desired: Manifest;

  constructor(
    readonly at: Playground,
    readonly kind: Kind,
    private readonly isDelayIgnored: boolean,
  ) {
    this.desired = inGit(kind);
  }

  get name(): string {
    return this.desired.metadata.name;
  }

  get live(): Manifest {
    return this.at.resource(this.name) as Manifest;
  }

  async begin(clients: number, delay: number | null): Promise<void> {
    const { kind, name } = this;
    const complete = generationOf({ kind }).withDefaults(delayed(this.desired, delay ?? 5) as EmqxResource);
    await this.at.addCluster(name, { kind, clients, objects: [complete, serviceOf(kind)] });
    this.desired = delayed(this.desired, delay);
    void this.watch();
  }

  commit(change: (manifest: Manifest) => Manifest): void {
    this.desired = change(this.desired);
  }

  /** Server-side apply by a second field manager, now and every three minutes. Where the delay is ignored, that of the resource is taken. */
  async selfHeal(until: () => boolean): Promise<void> {
    const { api, clock } = this.at.world;
    const service = serviceOf(this.kind);
    while (!until()) {
      const live = generationOf(this.live).delayOf(this.live) ?? 0;
      const cluster = this.isDelayIgnored ? delayed(this.desired, live) : this.desired;
      for (const body of [cluster, { ...service, metadata: { ...service.metadata, namespace: NAMESPACE } }]) {
        const { apiVersion, kind, metadata } = body;
        const ref = { apiVersion, kind, namespace: NAMESPACE, name: metadata.name };
        await api.patch(ref, { type: 'apply', body, fieldManager: 'argocd-controller', force: true });
      }
      await clock.sleep(180_000);
    }
  }

  private async watch(): Promise<void> {
    for (let version: string | undefined; ; await this.at.world.clock.sleep(1_000)) {
      const { live } = this;
      if (live.metadata.resourceVersion === version) continue;
      version = live.metadata.resourceVersion;
      const now = health(live);
      if (this.seen.at(-1) !== now) this.seen.push(now);
    }
  }
}

describe.each(KINDS)('an %s that Argo CD syncs every three minutes', (kind, version) => {
  test.each<[string, string, boolean, number | null]>([
    ['ignores the delay, and Git holds', policy, true, HOLD_DELAY_SECONDS],
    ['restores the hold of Git', policy, false, HOLD_DELAY_SECONDS],
    ['ignores a small delay of Git, and the runner holds', `${policy}hold: enforce\n`, true, 5],
    ['knows no delay, and the runner holds', `${policy}hold: enforce\n`, false, null],
  ])('and that %s: its upgrade is never disturbed', (_, text, isDelayIgnored, delay) =>
    Playground.play(async (at) => {
      const site = new Site(at, kind, isDelayIgnored);
      await site.begin(250, delay);
      await at.writePolicy(text);
      const runner = at.start('runner-1');
      const hasEnded = () => runner.told.some(isKind('end'));
      void site.selfHeal(hasEnded);
      await at.world.clock.sleep(200_000);
      expect(site.seen).toEqual(['Healthy']);
      site.commit((manifest) => withGitVersion(manifest, version));
      await at.until(hasEnded);
      await at.world.clock.sleep(60_000);
      const { report } = runner.told.find(isKind('end'))!;
      expect([report.outcome, report.hasLosses, report.incidents]).toEqual(['completed', false, []]);
      expect(report.durationMs).toBeGreaterThan(240_000);
      const seen = await at.seen(site.name);
      expect([seen.disconnectsPerClient.max, seen.sessionsLost, seen.stillOffline]).toEqual([1, 0, 0]);
      expect(versionOf(site.live)).toBe(version);
      expect(generationOf(site.live).delayOf(site.live)).toBe(HOLD_DELAY_SECONDS);
      expect([site.seen[0], site.seen.at(-1)]).toEqual(['Healthy', 'Healthy']);
      expect(site.seen).toContain('Progressing');
      expect(site.seen).not.toContain('Degraded');
    }),
  );

  test('and that restores a small delay of Git each time: the runner holds again each time, and nothing is lost', () =>
    Playground.play(async (at) => {
      const site = new Site(at, kind, false);
      await site.begin(250, 5);
      await at.writePolicy(`${policy}hold: enforce\n`);
      const runner = at.start('runner-1');
      const hasEnded = () => runner.told.some(isKind('end'));
      void site.selfHeal(hasEnded);
      await at.world.clock.sleep(200_000);
      site.commit((manifest) => withGitVersion(manifest, version));
      await at.until(hasEnded);
      await at.world.clock.sleep(60_000);
      const { report } = runner.told.find(isKind('end'))!;
      expect([report.outcome, report.hasLosses]).toEqual(['completed', false]);
      expect(new Set(report.incidents.map(({ kind: what }) => what))).toEqual(new Set(['hold-reset']));
      const seen = await at.seen(site.name);
      expect([seen.disconnectsPerClient.max, seen.sessionsLost, seen.stillOffline]).toEqual([1, 0, 0]);
      expect(versionOf(site.live)).toBe(version);
    }));

  test('and waits for an approval is suspended; one whose run has stopped is degraded', () =>
    Playground.play(async (at) => {
      const site = new Site(at, kind, true);
      await site.begin(100, HOLD_DELAY_SECONDS);
      const runner = at.start('runner-1');
      await at.world.clock.sleep(30_000);
      let isOver = false;
      void site.selfHeal(() => isOver);
      site.commit((manifest) => withGitVersion(manifest, version));
      await at.until(() => runner.told.some(isKind('left')));
      await at.world.clock.sleep(200_000);
      expect(site.seen).toEqual(['Healthy', 'Progressing', 'Suspended']);
      const [, digest = ''] = /template (\w+)/.exec(runner.told.find(isKind('left'))!.text)!;
      await at.writePolicy('mode: approval');
      await at.approve(site.name, digest);
      await at.until(() => runner.told.some(isKind('progress')) && site.seen.at(-1) === 'Progressing');
      await at.world.clock.sleep(60_000);
      isOver = true;
      await at.bump(site.name, kind === 'EMQX' ? '5.8.7' : '4.4.16');
      await at.until(() => runner.told.some(isKind('stopped')));
      await at.world.clock.sleep(30_000);
      expect(site.seen.at(-1)).toBe('Degraded');
      expect(await at.seen(site.name)).toMatchObject({ sessionsLost: 0 });
    }));
});

function withGitVersion(manifest: Manifest, version: string): Manifest {
  const spec =
    manifest.kind === 'EMQX'
      ? { image: `emqx/emqx-enterprise:${version}` }
      : { template: { spec: { emqxContainer: { image: { version } } } } };
  return mergePatch(manifest, { spec });
}

describe('the application', () => {
  test('ignores what a run changes, and nothing else of a cluster', () => {
    const { spec } = find<KubeObject & { spec: { ignoreDifferences: { kind: string; jsonPointers: string[] }[] } }>(
      'Application',
    );
    for (const [kind] of KINDS) {
      const pointers = spec.ignoreDifferences.find((one) => one.kind === kind)?.jsonPointers;
      expect(pointers).toEqual([`/${generationOf({ kind }).delayPath.replaceAll('.', '/')}`]);
    }
  });
});

test('a check is for an Argo CD that opens no library of strings', () => {
  expect(() => healthOf('return { status = ("a"):upper(), message = "" }', {})).toThrow(/attempt to index a string/);
});
