import { App, Chart, Testing } from 'cdk8s';
import type { Construct } from 'constructs';

export interface Manifest {
  kind: string;
  apiVersion: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: never;
  [field: string]: unknown;
}

/** The manifests of a chart, as a program would write them. */
export function synth(fill: (chart: Construct) => void, chartProps = {}): Manifest[] {
  const chart = new Chart(new App(), 'chart', chartProps);
  fill(chart);
  return Testing.synth(chart) as Manifest[];
}

export function only(manifests: readonly Manifest[], kind: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]!;
}
