import { App, Chart, Duration, Testing } from 'cdk8s';
import { type BlueGreenUpdate, EmqxEnterpriseCluster, type EmqxEnterpriseClusterProps } from '../../src';
import type { EmqxEnterprise } from '../../src/resource';

export interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: object; annotations?: object };
  spec?: Record<string, unknown>;
}

export const blueGreenUpdate: BlueGreenUpdate = {
  initialDelay: Duration.minutes(1),
  evacuationStrategy: {
    connectionEvictionRate: 100,
    sessionEvictionRate: 50,
    waitTakeover: Duration.seconds(30),
  },
};

/** A cluster with these properties, beside those it must have. */
export function clusterOf(props: Partial<EmqxEnterpriseClusterProps>, chartProps = {}): EmqxEnterpriseCluster {
  const chart = new Chart(new App(), 'chart', chartProps);
  return new EmqxEnterpriseCluster(chart, 'Cluster', { name: 'emqx-ee', version: '4.4.14', ...props });
}

/** The manifests of a cluster. @throws Error if its properties are not sound */
export function synth(props: Partial<EmqxEnterpriseClusterProps> = {}, chartProps = {}): Manifest[] {
  return Testing.synth(Chart.of(clusterOf(props, chartProps))) as Manifest[];
}

export function ofKind(manifests: readonly Manifest[], kind: string): Manifest {
  return manifests.find((manifest) => manifest.kind === kind)!;
}

/** The custom resource of a cluster, as it is rendered. */
export function resourceOf(props: Partial<EmqxEnterpriseClusterProps>): EmqxEnterprise {
  return ofKind(synth(props), 'EmqxEnterprise') as unknown as EmqxEnterprise;
}

/** The pod template's spec. */
export function podOf(props: Partial<EmqxEnterpriseClusterProps>) {
  return resourceOf(props).spec.template!.spec!;
}

/** What is said against properties, a problem a line, without the lead of cdk8s. */
export function problemsWith(props: object): string[] {
  return problemsIn(() => synth(props));
}

/** The same of whatever renders a cluster. */
export function problemsIn(rendering: () => unknown): string[] {
  try {
    rendering();
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ {2}\[chart\/Cluster\] /, ''));
  }
  return [];
}
