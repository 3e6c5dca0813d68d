import { desiredOf, type Wanted } from '../../src/cli/upgrade-options';
import {
  API_VERSION,
  asEnterprise,
  type EmqxEnterprise,
  KIND,
  nodeNameOf,
  parseEmqxEnterprise,
  versionOf,
  withDefaults,
} from '../../src/resource';
import { clusterOf } from '../_upgradable-cluster';

const live = clusterOf('emqx-ee', 'mqtt', '4.4.14');

/** How the cluster `mqtt/emqx-ee` shall be. */
function desired(wanted: Partial<Wanted>) {
  const nothing = { name: undefined, namespace: undefined, manifest: undefined, version: undefined };
  const resource = desiredOf({ ...nothing, ...wanted }, { namespace: 'mqtt', live });
  return resource && asEnterprise(resource);
}

test('a manifest without a namespace is of the namespace in which its cluster was found', () => {
  const manifest = parseEmqxEnterprise({
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: 'emqx-ee' },
    spec: { template: { spec: { emqxContainer: { image: { version: '4.4.15' } } } } },
  });
  const name = (resource: EmqxEnterprise) => nodeNameOf(withDefaults(resource), 'emqx-ee-0');
  expect(name(desired({ manifest })!)).toBe(name(live));
});

test('with a version everything else stays, and what was read is not changed', () => {
  const before = structuredClone(live);
  const next = desired({ version: '4.4.15' })!;
  expect(versionOf(next)).toBe('4.4.15');
  next.spec.template!.spec!.emqxContainer!.image!.version = '4.4.14';
  expect(next).toEqual(before);
  expect(live).toEqual(before);
});

test('with neither nothing is wanted', () => {
  expect(desired({})).toBeUndefined();
});
