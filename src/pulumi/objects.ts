import { App, Chart } from 'cdk8s';
import { ApiKey } from '../constructs/api-key';
import { EmqxCluster } from '../constructs/emqx-cluster';
import { EmqxEnterpriseCluster } from '../constructs/emqx-enterprise-cluster';
import type { EmqxEnterpriseClusterProps } from '../constructs/emqx-enterprise-cluster-props';
import { EmqxMonitoring } from '../constructs/emqx-monitoring';
import { EmqxOperator } from '../constructs/emqx-operator';
import type { EmqxOperatorProps } from '../constructs/emqx-operator-props';
import { OperatorWebhook } from '../constructs/operator-webhook';
import { emqxPropsOf, type PlainEmqxProps } from '../constructs/plain-emqx-props';
import { clusterPropsOf, type PlainClusterProps } from '../constructs/plain-props';
import { type RenderedObject, rendered } from '../constructs/rendered';
import { UpgradeRunner } from '../constructs/upgrade-runner';
import type { UpgradeRunnerProps } from '../constructs/upgrade-runner-props';
import { EMQX_KIND, KIND } from '../resource';

/** Where the operator runs, and what it manages, in plain values. */
export interface PlainOperatorProps extends Omit<EmqxOperatorProps, 'webhook' | 'resources'> {
  /**
   * How the admission webhook gets its certificate.
   *
   * @default - cert-manager issues it
   */
  readonly webhook?: PlainWebhook;
}

/** How the operator's admission webhook gets its certificate. */
export interface PlainWebhook {
  /** `cert-manager` issues it; an existing `secret` holds it; or there is no webhook (`none`). */
  readonly source: OperatorWebhook['source'];
  /** Name of that Secret, in the operator's namespace. @default - none */
  readonly secretName?: string;
  /** PEM text of the certificates that the API server is to trust, with a secret. @default - none */
  readonly caBundle?: string;
}

/** What the construct `EmqxOperator` renders: the definitions, which must exist first, and the rest. */
export function operatorObjects({ webhook, ...props }: PlainOperatorProps): {
  definitions: RenderedObject[];
  others: RenderedObject[];
} {
  const objects = rendered((chart) => {
    const given = { ...props, ...(webhook && { webhook: webhookOf(webhook) }) };
    return new EmqxOperator(chart, 'Operator', given);
  });
  const isDefinition = ({ kind }: RenderedObject) => kind === 'CustomResourceDefinition';
  return { definitions: objects.filter(isDefinition), others: objects.filter((object) => !isDefinition(object)) };
}

/** Where a runner runs, and which clusters it upgrades, in plain values. */
export interface PlainRunnerProps extends Omit<UpgradeRunnerProps, 'resources'> {}

/** What the construct `UpgradeRunner` renders. */
export function runnerObjects(props: PlainRunnerProps): RenderedObject[] {
  return rendered((chart) => new UpgradeRunner(chart, 'Runner', props));
}

/** What the construct `EmqxEnterpriseCluster` renders besides the custom resource, and `EmqxMonitoring` for it. */
export function clusterObjects(plain: PlainClusterProps): { beside: RenderedObject[]; monitoring: RenderedObject[] } {
  const props: EmqxEnterpriseClusterProps = clusterPropsOf(plain);
  const beside = rendered((chart) => new PulumisCluster(chart, 'Cluster', props));
  const cluster = new PulumisCluster(new Chart(new App(), 'cluster'), 'Cluster', props);
  const monitoring = rendered((chart) => new EmqxMonitoring(chart, 'Monitoring', { cluster }));
  return { beside: beside.filter(({ kind }) => kind !== KIND), monitoring };
}

/** What the construct `EmqxCluster` renders besides the custom resource. */
export function emqxClusterObjects(plain: PlainEmqxProps): RenderedObject[] {
  const objects = rendered((chart) => new PulumisEmqxCluster(chart, 'Cluster', emqxPropsOf(plain)));
  return objects.filter(({ kind }) => kind !== EMQX_KIND);
}

/** What `EmqxMonitoring` renders for it. @param keySecretName Secret with the API key by which metrics are read */
export function emqxMonitoringObjects(plain: PlainEmqxProps, keySecretName: string | undefined): RenderedObject[] {
  const cluster = new PulumisEmqxCluster(new Chart(new App(), 'cluster'), 'Cluster', emqxPropsOf(plain));
  const key = keySecretName === undefined ? {} : { apiKey: ApiKey.fromSecret(keySecretName) };
  return rendered((chart) => new EmqxMonitoring(chart, 'Monitoring', { cluster, ...key }));
}

/**
 * Pulumi runs its upgrades itself, and holds the operator meanwhile: the warning about a cluster without a hold does not apply. The
 * provider warns of a missing license when it creates the cluster.
 */
class PulumisCluster extends EmqxEnterpriseCluster {
  override get warnings(): readonly string[] {
    return super.warnings.filter(applies);
  }
}

class PulumisEmqxCluster extends EmqxCluster {
  override get warnings(): readonly string[] {
    return super.warnings.filter(applies);
  }
}

function applies(warning: string): boolean {
  return !/^'(blueGreenUpdate\.hold|license)'/.test(warning);
}

/** An unknown source is left as it is, for the validation to refuse. */
function webhookOf({ source, secretName, caBundle }: PlainWebhook): OperatorWebhook {
  switch (source) {
    case 'cert-manager':
      return OperatorWebhook.certManager();
    case 'none':
      return OperatorWebhook.none();
    case 'secret':
      return OperatorWebhook.fromSecret(secretName as string, caBundle as string);
    default:
      return source as never;
  }
}
