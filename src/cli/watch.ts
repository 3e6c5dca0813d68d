import { type ProgressEvent, type UpgradeContext, watchUpgrade } from '../upgrade';
import { json } from './render/text';
import type { RunReporter } from './run-reporter';
import type { Output } from './shell';

/**
 * Reports what happens to a cluster, as the process that drives its upgrade sees it, until the run under way has ended.
 * Continues forever where there is none. Rejects with the signal's reason.
 *
 * @param reporter a picture or a log; a stream gets lines of JSON
 */
export async function watch(
  context: UpgradeContext,
  reporter: RunReporter | Output,
  signal: AbortSignal,
): Promise<void> {
  const report = reportTo(reporter);
  for await (const event of watchUpgrade(context, signal)) report(event);
}

/** @param reporter a stream gets lines of JSON */
export function reportTo(reporter: RunReporter | Output): (event: ProgressEvent) => void {
  return (event) => {
    if ('write' in reporter) reporter.write(`${json(event)}\n`);
    else reporter.report(event);
  };
}
