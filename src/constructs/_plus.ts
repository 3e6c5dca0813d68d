/** The only file that loads cdk8s-plus: service accounts, their bindings, and the Deployments of the operator and the runner. */
import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import type * as Plus from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { clusterScoped } from './_cluster-scoped';
import type { OperatorResources } from './operator-resources';

/**
 * The package `cdk8s-plus-27`, an optional peer dependency: a cluster needs none of it.
 *
 * @throws Error when it is not installed
 */
function plusPackage(): typeof Plus {
  try {
    return require('cdk8s-plus-27');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error('this construct needs the package cdk8s-plus-27: npm install it, in version 2.9 or later');
  }
}

interface Name {
  readonly name: string;
  readonly namespace: string;
}

/** A service account whose pods get a token, which cdk8s-plus disables by default. */
export function serviceAccount(
  scope: Construct,
  id: string,
  metadata: Name & { labels?: Record<string, string> },
): void {
  const { ServiceAccount } = plusPackage();
  new ServiceAccount(scope, id, { metadata, automountToken: true });
}

/** Binds a Role of the binding's own namespace to a service account. */
export function bindRole(scope: Construct, id: string, binding: Name, role: string, account: Name): void {
  const plus = plusPackage();
  new plus.RoleBinding(scope, id, {
    metadata: { name: binding.name, namespace: binding.namespace },
    role: plus.Role.fromRoleName(scope, `${id}Role`, role),
  }).addSubjects(subject(scope, `${id}Account`, account));
}

/** Binds a ClusterRole to a service account, in all namespaces. */
export function bindClusterRole(scope: Construct, id: string, name: string, role: string, account: Name): void {
  const plus = plusPackage();
  const binding = new plus.ClusterRoleBinding(scope, id, {
    metadata: { name },
    role: plus.ClusterRole.fromClusterRoleName(scope, `${id}Role`, role),
  });
  binding.addSubjects(subject(scope, `${id}Account`, account));
  clusterScoped(binding);
}

function subject(scope: Construct, id: string, { name, namespace }: Name): Plus.ISubject {
  return plusPackage().ServiceAccount.fromServiceAccountName(scope, id, name, { namespaceName: namespace });
}

/** A Deployment of one container that is a Kubernetes controller. */
export interface Manager extends Name {
  /** Labels of the pods, and selector of the Deployment. */
  readonly labels: Record<string, string>;
  readonly account: Name;
  readonly replicas: number;
  /** Name of the container. */
  readonly container: string;
  readonly image: string;
  /** Of the container. @default - that of the image */
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name: string; readonly number: number }[];
  readonly probePort: number;
  readonly resources: Required<OperatorResources>;
  /** A Secret of which the container reads files, the name of the volume, and the path where it is mounted. */
  readonly secret: { readonly secretName: string; readonly volume: string; readonly path: string } | undefined;
  /** How long it may take to end. */
  readonly terminationSeconds: number;
  /** Fields of the pod that cdk8s-plus has in another form, or does not support. */
  readonly podFields: Readonly<Record<string, unknown>>;
  /** As Kubernetes has it. */
  readonly containerSecurityContext: object;
}

export function managerDeployment(scope: Construct, id: string, manager: Manager): void {
  const plus = plusPackage();
  const { name, namespace, labels, command, secret, resources } = manager;
  const deployment = new plus.Deployment(scope, id, {
    metadata: { name, namespace, labels },
    podMetadata: { labels },
    select: false,
    replicas: manager.replicas,
    serviceAccount: plus.ServiceAccount.fromServiceAccountName(scope, `${id}Account`, manager.account.name),
    automountServiceAccountToken: true,
    terminationGracePeriod: Duration.seconds(manager.terminationSeconds),
  });
  deployment.select(plus.LabelSelector.of({ labels }));
  const container = deployment.addContainer({
    name: manager.container,
    image: manager.image,
    imagePullPolicy: plus.ImagePullPolicy.IF_NOT_PRESENT,
    ...(command && { command: [...command] }),
    args: [...manager.args],
    envVariables: Object.fromEntries(
      Object.entries(manager.env).map(([key, value]) => [key, plus.EnvValue.fromValue(value)]),
    ),
    ports: [...manager.ports],
    liveness: probe('/healthz', manager.probePort, 15, 20),
    readiness: probe('/readyz', manager.probePort, 5, 10),
    resources: {
      cpu: { request: plus.Cpu.millis(resources.cpuRequestMillis), limit: plus.Cpu.millis(resources.cpuLimitMillis) },
      memory: { request: resources.memoryRequest, limit: resources.memoryLimit },
    },
  });
  if (secret) {
    const source = plus.Secret.fromSecretName(scope, `${id}Certificate`, secret.secretName);
    const volume = plus.Volume.fromSecret(scope, `${id}Volume`, source, { name: secret.volume, defaultMode: 0o644 });
    container.mount(secret.path, volume, { readOnly: true });
  }
  ApiObject.of(deployment).addJsonPatch(
    // It is derived from the construct's path: moving the construct would restart the pods.
    JsonPatch.remove('/spec/template/metadata/labels/cdk8s.io~1metadata.addr'),
    JsonPatch.add('/spec/template/spec/containers/0/securityContext', manager.containerSecurityContext),
    ...Object.entries(manager.podFields).flatMap(([field, value]) =>
      value === undefined ? [] : [JsonPatch.add(`/spec/template/spec/${field}`, value)],
    ),
  );
}

function probe(path: string, port: number, initialDelaySeconds: number, periodSeconds: number): Plus.Probe {
  return plusPackage().Probe.fromHttpGet(path, {
    port,
    initialDelaySeconds: Duration.seconds(initialDelaySeconds),
    periodSeconds: Duration.seconds(periodSeconds),
  });
}
