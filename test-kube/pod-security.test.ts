import { App, Chart, Testing } from 'cdk8s';
import { EmqxEnterpriseCluster, type EmqxEnterpriseClusterProps, EmqxOperator, OperatorWebhook } from '../src';
import type { KubeObject } from '../src/kubernetes';
import { ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { kubectl } from './_lab';
import { applyAll } from './_manifests';

const NAMESPACE = 'restricted';

describeKube('a namespace that enforces the Pod Security Standard restricted', () => {
  let admin: ApiServer;

  beforeAll(async () => {
    admin = ApiServer.admin();
    await admin.namespace(NAMESPACE);
    kubectl(['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted', '--overwrite']);
  });

  /** What the API server says against a pod. */
  async function refusal(spec: object): Promise<string | undefined> {
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'probe' }, spec };
    const url = `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`;
    const answer = await admin.request('POST', url, { type: 'application/json', body });
    return answer.status === 201 ? undefined : answer.body.message;
  }

  function operatorObjects(props: ConstructorParameters<typeof EmqxOperator>[2] = {}): KubeObject[] {
    const chart = new Chart(new App(), 'chart', { namespace: NAMESPACE });
    new EmqxOperator(chart, 'Operator', {
      crds: false,
      watchNamespace: NAMESPACE,
      webhook: OperatorWebhook.none(),
      ...props,
    });
    return Testing.synth(chart) as KubeObject[];
  }

  const podOf = (objects: readonly KubeObject[]) =>
    (objects.find(({ kind }) => kind === 'Deployment') as unknown as { spec: { template: { spec: object } } }).spec
      .template.spec;

  test('runs the operator as it is rendered, and warns of nothing', async () => {
    const { warnings, differences } = await applyAll(admin, 'EmqxOperator, restricted', operatorObjects());
    expect([warnings, differences]).toEqual([[], []]);
    kubectl([
      'wait',
      '-n',
      NAMESPACE,
      '--for=condition=Available',
      '--timeout=60s',
      'deployment/emqx-operator-controller-manager',
    ]);
  });

  test('refuses it with the security context of the vendor’s chart', async () => {
    const objects = operatorObjects({
      podSecurityContext: { runAsNonRoot: true },
      containerSecurityContext: { allowPrivilegeEscalation: false },
    });
    expect(await refusal(podOf(objects))).toMatch(
      /violates PodSecurity "restricted:latest": .*capabilities.*seccompProfile/,
    );
  });

  test('would run the nodes of a cluster that is described for it, but not the operator’s sidecar beside them', async () => {
    const props: EmqxEnterpriseClusterProps = {
      name: 'emqx-ee',
      version: '4.4.14',
      podSecurityContext: { runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containerSecurityContext: {
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      },
    };
    const chart = new Chart(new App(), 'chart');
    const pod = new EmqxEnterpriseCluster(chart, 'Cluster', props).resource.spec.template!.spec!;
    const node = { name: 'emqx', image: 'emqx', securityContext: pod.emqxContainer!.securityContext };
    const spec = { securityContext: pod.podSecurityContext, containers: [node] };
    expect(await refusal(spec)).toBeUndefined();
    // As the operator makes it: without a security context.
    const reloader = { name: 'reloader', image: pod.reloaderImage };
    expect(await refusal({ ...spec, containers: [node, reloader] })).toMatch(
      /violates PodSecurity "restricted:latest": .*container "reloader" must set securityContext/,
    );
  });
});
