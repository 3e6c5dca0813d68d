import { performance } from 'node:perf_hooks';
import { ApiObject, App, Chart, Duration } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService } from '../src';

const CLUSTERS = 1_000;
const ROUNDS = 5;

function constructs(): object[] {
  const chart = new Chart(new App(), 'emqx');
  for (let index = 0; index < CLUSTERS; index++) {
    new EmqxEnterpriseCluster(chart, `Cluster${index}`, {
      name: `emqx-${index}`,
      version: '4.4.14',
      service: MqttService.nodePort({ mqtt: 'auto' }),
      blueGreenUpdate: {
        initialDelay: Duration.seconds(5),
        evacuationStrategy: {
          connectionEvictionRate: 10,
          sessionEvictionRate: 10,
          waitTakeover: Duration.seconds(5),
        },
      },
    });
  }
  return chart.toJson();
}

function plain(objects: readonly object[]): object[] {
  const chart = new Chart(new App(), 'emqx');
  objects.forEach((object, index) => {
    new ApiObject(chart, `Object${index}`, structuredClone(object) as { apiVersion: string; kind: string });
  });
  return chart.toJson();
}

/** Synthesis of 1,000 clusters against the same objects as plain `ApiObject`s, both in one run. */
export function synth(print: (line: string) => void): string[] {
  const objects = constructs(); // also warms both up
  plain(objects);
  const ratios: number[] = [];
  let ours = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    constructs();
    const middle = performance.now();
    plain(objects);
    const end = performance.now();
    ours = middle - start;
    ratios.push((middle - start) / (end - middle));
  }
  const ratio = ratios.sort((a, b) => a - b)[ROUNDS >> 1]!;
  print(
    `\nSynthesis of ${CLUSTERS} clusters: ${ours.toFixed(0)} ms, ${ratio.toFixed(2)} × the same ${objects.length} objects as plain ApiObjects (median of ${ROUNDS})`,
  );
  return [];
}
