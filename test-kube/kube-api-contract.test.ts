import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type KubeClient } from '../src/kubernetes/client';
import { kubeApiContract } from '../test/kubernetes/kube-api-contract';
import { ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { labFile } from './_lab';

describeKube('a real API server', () => {
  let api: KubeClient;
  beforeAll(async () => {
    api = await connect({ kubeconfig: labFile('kubeconfig') });
  });
  afterAll(() => api.close());

  kubeApiContract(async () => ({
    api,
    namespace: await ApiServer.admin().namespace(`contract-${randomUUID()}`),
    run: (test) => test(),
    // From before the server began to remember.
    expired: async () => '1',
  }));

  test('whose certificate nobody vouches for is not talked to', async () => {
    const kubeconfig = labFile(`no-ca-${randomUUID()}`);
    const known = readFileSync(labFile('kubeconfig'), 'utf8');
    writeFileSync(kubeconfig, known.replace(/, certificate-authority-data: [^}]*/, ''));
    const stranger = await connect({ kubeconfig });
    const asked = stranger.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' });
    await expect(asked).rejects.toMatchObject({
      code: 'Unreachable',
      message: expect.stringMatching(/: (SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/),
    });
    stranger.close();
  });
});
