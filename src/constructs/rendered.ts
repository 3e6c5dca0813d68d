import { App, Chart, type ChartProps, Yaml } from 'cdk8s';
import type { Construct } from 'constructs';

/** A Kubernetes object as the constructs render it. */
export interface RenderedObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: object;
}

/** The problems that a construct reports for its properties. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * The objects of a construct, outside of any program.
 *
 * @throws RenderError with all problems
 */
export function rendered(make: (chart: Chart) => Construct, props: ChartProps = {}): RenderedObject[] {
  const chart = new Chart(new App(), 'chart', props);
  const problems = make(chart).node.validate();
  if (problems.length > 0) throw new RenderError(problems);
  return chart.toJson() as RenderedObject[];
}

/** As kubectl reads them, one document each. */
export function yamlOf(objects: readonly RenderedObject[]): string {
  return Yaml.stringify(...objects);
}
