import { App, Chart, Duration, Testing } from 'cdk8s';
import { type BlueGreenUpdate, type Emqx, EmqxCluster, type EmqxClusterProps } from '../../src';
import { type Manifest, ofKind } from './_cluster';

export const blueGreenUpdate: BlueGreenUpdate = {
  initialDelay: Duration.minutes(1),
  evacuationStrategy: {
    connectionEvictionRate: 100,
    sessionEvictionRate: 50,
    waitTakeover: Duration.seconds(30),
  },
};

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
  try {
    synthEmqx(props);
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ {2}\[chart\/Cluster\] /, ''));
  }
  return [];
}
