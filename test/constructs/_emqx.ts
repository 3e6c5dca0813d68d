import { App, Chart, Testing } from 'cdk8s';
import { type Emqx, EmqxCluster, type EmqxClusterProps } from '../../src';
import { blueGreenUpdate, type Manifest, ofKind, problemsIn } from './_cluster';

/** A cluster with these properties, beside those it must have. */
export function emqxOf(props: Partial<EmqxClusterProps>, chartProps = {}): EmqxCluster {
  const chart = new Chart(new App(), 'chart', chartProps);
  return new EmqxCluster(chart, 'Cluster', { name: 'emqx', version: '5.8.9', blueGreenUpdate, ...props });
}

/** The manifests of a cluster. @throws Error if its properties are not sound */
export function synthEmqx(props: Partial<EmqxClusterProps> = {}, chartProps = {}): Manifest[] {
  return Testing.synth(Chart.of(emqxOf(props, chartProps))) as Manifest[];
}

/** The custom resource of a cluster, as it is rendered. */
export function renderedEmqx(props: Partial<EmqxClusterProps> = {}): Emqx {
  return ofKind(synthEmqx(props), 'EMQX') as unknown as Emqx;
}

/** What is said against properties, a problem a line, without the lead of cdk8s. */
export function problemsWithEmqx(props: object): string[] {
  return problemsIn(() => synthEmqx(props));
}
