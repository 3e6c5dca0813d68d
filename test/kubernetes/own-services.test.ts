import type { KubeObject } from '../../src/kubernetes';
import type { NodeSet, Service } from '../../src/kubernetes/core-objects';
import { ownServicesAmong } from '../../src/kubernetes/own-services';
import { clusterLabels, emqxLabels, generationOf } from '../../src/resource';

const KINDS = { EmqxEnterprise: 'apps.emqx.io/v1beta4', EMQX: 'apps.emqx.io/v2beta1' } as const;
type Kind = keyof typeof KINDS;
const resourceOf = (kind: Kind) =>
  ({ apiVersion: KINDS[kind], kind, metadata: { name: 'emqx', namespace: 'mqtt', uid: kind } }) as KubeObject;

const controlledBy = (kind: Kind) => [
  { apiVersion: KINDS[kind], kind, name: 'emqx', uid: kind, controller: true, blockOwnerDeletion: true },
];
const service = (name: string, selector: Record<string, string>, ownerReferences?: object[]) =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { name, ownerReferences }, spec: { selector, ports: [] } }) as never;
const setOf = (kind: Kind) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: kind, ownerReferences: controlledBy(kind) },
  }) as never;

const either = clusterLabels('emqx');
const ENTERPRISES = service('emqx-ee-mqtt', either);
const PINNED = service('pinned', { ...either, 'controller-revision-hash': 'emqx-5d' });
const EMQXS = service('emqx-mqtt', emqxLabels('emqx', 'core'));
const SWITCHED = service('switched', { ...either, 'apps.emqx.io/pod-template-hash': '6b69' });
const COPIED = service(
  'copied',
  either,
  controlledBy('EMQX').map((owner) => ({ ...owner, uid: 'other' })),
);

const names = (kind: Kind, marked: Service[], sets: NodeSet[], ofRun?: string[]) =>
  ownServicesAmong(marked, resourceOf(kind), generationOf({ kind }), sets, ofRun).map(({ metadata }) => metadata.name);

test('of two clusters of one name each has its own traffic Services, and no Service is of both', () => {
  const marked = [ENTERPRISES, PINNED, EMQXS, SWITCHED, COPIED];
  const sets = [setOf('EmqxEnterprise'), setOf('EMQX')];
  expect(names('EmqxEnterprise', marked, sets)).toEqual(['emqx-ee-mqtt', 'pinned']);
  expect(names('EMQX', marked, sets)).toEqual(['emqx-mqtt', 'switched']);
});

test('an EMQX that is alone also has a Service that names no role, as somebody may have written it', () => {
  expect(names('EMQX', [ENTERPRISES, EMQXS], [setOf('EMQX')])).toEqual(['emqx-ee-mqtt', 'emqx-mqtt']);
});

test('one that a run has begun with stays the cluster’s when an EmqxEnterprise of its name appears, unless it leads there', () => {
  const sets = [setOf('EmqxEnterprise'), setOf('EMQX')];
  expect(names('EMQX', [ENTERPRISES, PINNED, EMQXS], sets, ['emqx-ee-mqtt', 'pinned'])).toEqual([
    'emqx-ee-mqtt',
    'emqx-mqtt',
  ]);
});
