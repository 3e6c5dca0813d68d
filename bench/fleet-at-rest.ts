import type { KubeObject } from '../src/kubernetes';
import { HOLD_DELAY_SECONDS } from '../src/resource';
import { SimulatedClock } from '../src/simulator/clock';
import { kinds } from '../src/simulator/kubernetes/kinds';
import { ObjectStore, refOf } from '../src/simulator/kubernetes/object-store';
import { Random } from '../src/simulator/random';
import { contextOf, running, served } from '../src/simulator/scenario';
import { World } from '../src/simulator/world';
import { tutorialUpgrade } from './tutorial';

/** The operator writes the status of each cluster so often, ms. */
const PASS_MS = 20_000;
/** From a change of a template until the operator has created the new set, ms. */
const BUILD_MS = 1_000;
/** Owners are created before what they own. */
const ORDER = ['EmqxEnterprise', 'StatefulSet'];

type Resource = KubeObject & { status: { conditions: { lastUpdateTime: string }[] } };

/**
 * Clusters at rest, on the wall clock: copies of one that the simulated operator has built. Of the operator only what a runner notices goes
 * on: it writes each status every 20 s, and creates a set when a template changes.
 */
export class FleetAtRest {
  readonly store: ObjectStore;
  private readonly clock = new SimulatedClock(Date.now());
  private readonly resources: KubeObject[] = [];

  private constructor(
    private readonly objects: readonly KubeObject[],
    count: number,
    namespaces: number,
  ) {
    this.store = new ObjectStore(this.clock, new Random(1));
    for (let index = 0; index < count; index++) this.add(`emqx-${index}`, `team-${index % namespaces}`);
  }

  static async of(count: number, namespaces: number): Promise<FleetAtRest> {
    const { cluster, objects } = tutorialUpgrade(10, HOLD_DELAY_SECONDS);
    const world = new World({ seed: 1 });
    const built = await world.clock.run(async () => {
      await world.apply([cluster as KubeObject, ...objects]);
      await running(contextOf(world, 'default', 'emqx-ee', () => undefined));
      await served(world, 'default', 'emqx-ee-mqtt');
      await world.clock.sleep(60_000);
      return world.kubernetes.store.all().filter(({ metadata }) => metadata.name.startsWith('emqx-ee'));
    });
    world.stop();
    const rank = ({ kind }: KubeObject) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
    return new FleetAtRest(
      built.sort((a, b) => rank(a) - rank(b)),
      count,
      namespaces,
    );
  }

  /** Lives on until the returned function is called. */
  live(): () => void {
    const unfollow = this.clock.follow();
    let next = 0;
    const passes = setInterval(
      () => this.pass(this.resources[next++ % this.resources.length]!),
      PASS_MS / this.resources.length,
    );
    return () => {
      clearInterval(passes);
      unfollow();
    };
  }

  /** Changes the template of one cluster as somebody does by kubectl, and creates the new set as its operator does. */
  bump(index: number): KubeObject {
    const resource = this.resources[index]!;
    type Draft = KubeObject & { spec: { template: { spec: { emqxContainer: { image: { version: string } } } } } };
    this.store.update<Draft>(refOf(resource), (draft) => {
      draft.spec.template.spec.emqxContainer.image.version = '4.4.15';
      return draft;
    });
    const blue = this.store
      .all(kinds.statefulSet)
      .find(({ metadata: { ownerReferences } }) => ownerReferences?.some(({ uid }) => uid === resource.metadata.uid))!;
    const { uid, resourceVersion, ...metadata } = blue.metadata;
    this.clock.schedule(BUILD_MS, () => {
      this.store.create({ ...blue, metadata: { ...metadata, name: `${metadata.name}-new` } });
    });
    return resource;
  }

  private pass(resource: KubeObject): void {
    this.store.update<Resource>(
      refOf(resource),
      (draft) => {
        for (const condition of draft.status.conditions.slice(0, 1)) {
          condition.lastUpdateTime = new Date(this.clock.now()).toISOString();
        }
        return draft;
      },
      { subresource: 'status' },
    );
  }

  private add(name: string, namespace: string): void {
    const uids = new Map<string, string>();
    for (const object of this.objects) {
      let text = JSON.stringify(object).replaceAll('emqx-ee', name).replaceAll('"default"', `"${namespace}"`);
      text = text.replaceAll(/,"nodePort":\d+/g, ''); // each gets one of its own
      for (const [before, after] of uids) text = text.replaceAll(before, after);
      const copy = JSON.parse(text) as KubeObject & { status?: object };
      const created = this.store.create(copy);
      uids.set(object.metadata.uid ?? '', created.metadata.uid ?? '');
      if (copy.status) {
        this.store.update(refOf(created), (draft) => ({ ...draft, status: copy.status }), { subresource: 'status' });
      }
      if (created.kind === 'EmqxEnterprise') this.resources.push(created);
    }
  }
}
