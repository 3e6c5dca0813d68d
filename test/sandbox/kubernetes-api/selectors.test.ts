import type { KubeObject } from '../../../src/kubernetes/kube-api';
import { selectorOf } from '../../../src/sandbox/kubernetes-api/selectors';

const pod = (name: string, labels: Record<string, string>, phase: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  status: { phase },
});
const PODS: KubeObject[] = [
  pod('a', { app: 'emqx', 'apps.emqx.io/instance': 'ee' }, 'Running'),
  pod('b', { app: 'emqx', tier: '' }, 'Pending'),
  pod('c', {}, 'Running'),
];

function selected(query: Record<string, string>): string {
  return PODS.filter(selectorOf(new URLSearchParams(query)))
    .map(({ metadata }) => metadata.name)
    .join('');
}

test.each([
  ['', 'abc'],
  ['app=emqx', 'ab'],
  ['app==emqx,tier=', 'b'],
  ['app!=emqx', 'c'],
  ['apps.emqx.io/instance', 'a'],
  ['!apps.emqx.io/instance', 'bc'],
  ['app in (emqx, other),apps.emqx.io/instance=ee', 'a'],
  ['app in (other)', ''],
  ['app notin (emqx,other)', 'c'],
])('labelSelector %j selects %j', (labelSelector, names) => {
  expect(selected({ labelSelector })).toBe(names);
});

test.each([
  ['metadata.name=a', 'a'],
  ['metadata.name!=a', 'bc'],
  ['status.phase=Running,metadata.name!=c', 'a'],
  ['spec.nodeName=', 'abc'],
])('fieldSelector %j selects %j', (fieldSelector, names) => {
  expect(selected({ fieldSelector })).toBe(names);
});

test('the source of an Event is the component that reported it', () => {
  const select = selectorOf(new URLSearchParams({ fieldSelector: 'source=emqx-controller' }));
  const event = (component: string) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    source: { component },
  });
  expect(['emqx-controller', 'emqx-blue-green'].map((component) => select(event(component)))).toEqual([true, false]);
});

test('both select together', () => {
  expect(selected({ labelSelector: 'app', fieldSelector: 'status.phase=Running' })).toBe('a');
});

test.each([
  ['labelSelector', 'app>3'],
  ['labelSelector', 'app in emqx'],
  ['fieldSelector', 'metadata.name'],
])('%s %j is a bad request', (parameter, selector) => {
  expect(() => selected({ [parameter]: selector })).toThrow(expect.objectContaining({ code: 400 }));
});
