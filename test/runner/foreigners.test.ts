import type { KubeObject } from '../../src/kubernetes';
import type { Told } from '../../src/runner';
import { Foreigners } from '../../src/runner/foreigners';
import { noteOf } from '../../src/runner/kube-events';
import { recordsRef } from '../../src/runner/records';
import { World } from '../../src/simulator/world';
import { EMQX_V3 } from '../_emqx-v3';

test.each([
  [
    'apps.emqx.io/v2',
    /^apps\.emqx\.io\/v2 is not upgraded by a runner: `emqx-blue-green upgrade emqx\/emqx -n default` does/,
  ],
  [
    'apps.emqx.io/v3beta1',
    /^apps\.emqx\.io\/v3beta1 is not upgraded: operator 3 has no blue-green upgrade.*; let the operator/,
  ],
])('a cluster of %s is told once, and left alone', async (apiVersion, text) => {
  const world = new World({ seed: 3 });
  const { clock, api } = world;
  const told: Told[] = [];
  const signal = new AbortController().signal;
  const foreigners = new Foreigners({ api, clock, namespaces: [] }, (one) => told.push(one));
  await clock.run(async () => {
    await world.apply([{ ...EMQX_V3, apiVersion } as KubeObject]);
    for (let hours = 0; hours < 5; hours++) {
      await foreigners.update(signal);
      await clock.sleep(3_600_000);
    }
  });
  const [left, ...more] = told;
  expect([left, more]).toEqual([expect.objectContaining({ kind: 'left', reason: 'NotSupported' }), []]);
  expect((left as { text: string }).text).toMatch(text);
  expect(noteOf(left!, recordsRef('runners'))).toMatchObject({ type: 'Warning', about: { apiVersion, name: 'emqx' } });
  const member = { cluster: { kind: 'EMQX', namespace: 'default', name: 'emqx' }, resource: EMQX_V3 as never } as const;
  const other = { ...member, cluster: { ...member.cluster, name: 'other' } };
  const members = new Map([
    ['EMQX/default/emqx', member],
    ['EMQX/default/other', other],
  ]);
  expect([...foreigners.without(members).keys()]).toEqual(['EMQX/default/other']);
  await clock.run(async () => {
    await api.delete({ ...EMQX_V3.metadata, apiVersion, kind: 'EMQX' });
    await foreigners.update(signal);
  });
  expect(told.map(({ kind }) => kind)).toEqual(['left', 'gone']);
  expect(foreigners.without(members)).toBe(members);
  world.stop();
});
