import { overLive } from '../../../src/resource';
import { emqx, emqxWith } from './_emqx';

test.each([
  ['cores', 'coreTemplate'],
  ['replicants', 'replicantTemplate'],
] as const)('the number of %s that a file leaves to an autoscaler stays', (_what, template) => {
  const live = emqxWith(`spec.${template}.spec.replicas`, 5);
  const left = emqxWith(`spec.${template}`, { spec: {} });
  expect(overLive(left, live).spec[template]!.spec!.replicas).toBe(5);
  const given = emqxWith(`spec.${template}.spec.replicas`, 3);
  expect(overLive(given, live).spec[template]!.spec!.replicas).toBe(3);
});

test('replicants that a file leaves out are gone; cores are always there', () => {
  expect(overLive(emqx(), emqxWith('spec.replicantTemplate.spec.replicas', 5)).spec.replicantTemplate).toBeUndefined();
  expect(overLive(emqx(), emqxWith('spec.coreTemplate.spec.replicas', 5)).spec.coreTemplate).toEqual({
    spec: { replicas: 5 },
  });
  expect(overLive(emqx(), emqx())).toEqual(emqx());
});

test('the annotation by which the operator remembers the configuration stays', () => {
  const live = emqx();
  live.metadata.annotations = { 'apps.emqx.io/last-emqx-configuration': 'a = 1' };
  expect(overLive(emqx(), live).metadata.annotations).toEqual(live.metadata.annotations);
});
