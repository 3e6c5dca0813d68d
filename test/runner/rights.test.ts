import { UpgradeRunner, type UpgradeRunnerProps } from '../../src';
import { type ApiCall, InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { accessOf, allows, OF_EVERYBODY, type Rule } from '../_recorded-upgrade';
import { type Manifest, synth } from '../constructs/_synth';
import { HOME, isKind, NAMESPACE, Playground } from './_runners';

/** Every request of a runner that holds a cluster, waits for an approval, and upgrades it. */
async function recorded(namespaces: readonly string[]): Promise<ApiCall[]> {
  const calls: ApiCall[] = [];
  await Playground.play(async (at) => {
    const { clock, kubernetes } = at.world;
    const api = new InMemoryKubeApi(clock, kubernetes.store, {
      intercept: (call, perform) => {
        calls.push(call);
        return perform();
      },
    });
    await at.addCluster('emqx-ee', { held: false });
    await at.writePolicy('hold: enforce');
    const runner = at.start('runner-1', { api, namespaces });
    await at.until(() => runner.told.some(isKind('held')));
    await at.bump('emqx-ee', '4.4.15');
    await at.until(() => runner.told.some(isKind('left')));
    const [, digest = ''] = /template (\w+)/.exec(runner.told.find(isKind('left'))!.text)!;
    await at.approve('emqx-ee', digest);
    await at.until(() => runner.told.some(isKind('end')));
    await clock.sleep(10_000);
  });
  return calls.filter(({ kind }) => !OF_EVERYBODY.includes(kind) && kind !== 'Namespace');
}

const manifestsOf = (props: Partial<UpgradeRunnerProps>) =>
  synth((chart) => new UpgradeRunner(chart, 'Runner', { image: 'runner:1', namespace: HOME, ...props }));

/** The rules that apply in a namespace; `''` is all of them. */
function rulesIn(manifests: readonly Manifest[], namespace: string): Rule[] {
  return manifests
    .filter(({ kind, metadata }) => kind === 'ClusterRole' || (kind === 'Role' && metadata.namespace === namespace))
    .flatMap(({ rules }) => rules as Rule[]);
}

test.each<[string, readonly string[], Partial<UpgradeRunnerProps>]>([
  ['one namespace', [NAMESPACE], { watchNamespaces: [NAMESPACE] }],
  ['all namespaces', [], { allNamespaces: true }],
])('the rights of the construct suffice for every request of a runner: %s', async (_, namespaces, props) => {
  const calls = await recorded(namespaces);
  expect(calls.length).toBeGreaterThan(100);
  const manifests = manifestsOf(props);
  const refused = calls.filter(
    (call) => !rulesIn(manifests, call.namespace).some((rule) => allows(rule, accessOf(call))),
  );
  expect([
    ...new Set(refused.map(({ verb, kind, namespace, name }) => `${verb} ${kind} ${namespace}/${name}`)),
  ]).toEqual([]);
});

test('its rights to its own objects are no more than it uses', async () => {
  const calls = (await recorded([NAMESPACE])).filter(({ namespace }) => namespace === HOME).map(accessOf);
  const unused = rulesIn(manifestsOf({ watchNamespaces: [NAMESPACE] }), HOME).flatMap((rule) =>
    rule.verbs
      .filter((verb) => !calls.some((call) => call.verb === verb && allows(rule, call)))
      .map((verb) => `${verb} ${rule.resources.join()}`),
  );
  // An Event about a policy that is wrong, and the ConfigMap where there is none.
  expect(unused).toEqual(['create events', 'create configmaps']);
});
