import { statusOf, type UpgradeStatus } from '../upgrade';
import { type ClusterFlags, withCluster } from './connection';
import { EXIT, type ExitCode } from './exit';
import { interruption } from './interruption';
import { json } from './render/text';
import { renderStatus } from './render/upgrade-status';
import { canvasOf, RunTeller } from './run-teller';
import type { Shell } from './shell';
import { wantedBy } from './wanted';
import { watch } from './watch';

export interface StatusFlags extends ClusterFlags {
  watch?: boolean;
}

/**
 * Reports how a cluster and its upgrade stand: once, or until somebody has seen enough. Once, and where a node does not say what it
 * has, the exit code is that of a cluster that does not answer.
 */
export async function runStatus(name: string | undefined, flags: StatusFlags, shell: Shell): Promise<ExitCode> {
  const wanted = wantedBy(name, flags);
  const isJson = flags.output === 'json';
  return withCluster(shell, flags, wanted, async (connection) => {
    const context = connection.context();
    if (!flags.watch) {
      const status = await statusOf(context);
      shell.out.write(isJson ? `${json(status, 2)}\n` : `${renderStatus(status, canvasOf(shell))}\n`);
      return isKnown(status) ? EXIT.done : EXIT.refused;
    }
    const { signal, forget } = interruption(shell);
    const teller = new RunTeller(shell, `${connection.namespace}/${connection.name}`);
    try {
      for (;;) await watch(context, isJson ? shell.out : teller, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return EXIT.done;
    } finally {
      teller.end();
      forget();
    }
  });
}

function isKnown({ sample: { blue, green, nodes } }: UpgradeStatus): boolean {
  return [blue, ...(green ? [green] : []), ...nodes].every(({ seenAt }) => seenAt !== null);
}
