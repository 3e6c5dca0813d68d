import { podView } from '../../src/kubernetes/cluster-view';
import { siteWait } from '../../src/upgrade/phases/storage';
import type { Situation } from '../../src/upgrade/step';

const SET = 'emqx-core-a';

/** A pod as operator 2.3 marks it; undefined for none of its marks. */
function pod(name: string, site: string | undefined) {
  const conditions = site === undefined ? [] : [{ type: 'apps.emqx.io/ds-replication-site', status: site }];
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: SET, uid: 's', controller: true }];
  return podView({ metadata: { name, ownerReferences }, status: { conditions } } as never, 'hash');
}

const waited = (role: 'core' | 'replicant' | undefined, ...sites: (string | undefined)[]) => {
  const pods = sites.map((site, index) => pod(`p-${index}`, site));
  return siteWait({ observation: { cluster: { pods } }, journal: { role } } as unknown as Situation, SET);
};

test.each<[string | undefined, (string | undefined)[], boolean]>([
  ['core', [undefined, undefined], false],
  ['core', ['False', 'False'], false],
  ['core', ['False', 'True'], true],
  ['core', ['Unknown'], true],
  [undefined, ['True'], true],
  ['replicant', ['Unknown'], false],
])('of a %s whose pods are marked %j the run waits: %s', (role, sites, waits) => {
  expect(waited(role as 'core', ...sites) !== undefined).toBe(waits);
});
