import { type UpgradeContext, watchUpgrade } from '../upgrade';
import { json } from './render/text';
import type { RunReporter } from './run-reporter';
import type { Output } from './shell';

/**
 * Tells what happens to a cluster, as whoever drives its upgrade sees it, until the run that is under way has ended. Goes on
 * for ever where none is. Rejects with the signal's reason.
 *
 * @param reporter a picture or a log; a stream gets lines of JSON
 */
export async function watch(
  context: UpgradeContext,
  reporter: RunReporter | Output,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of watchUpgrade(context, signal)) {
    if ('write' in reporter)
      reporter.write(`${json(event)}
`);
    else reporter.report(event);
  }
}
