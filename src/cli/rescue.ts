import { rescue, type Trouble, troublesOf } from '../upgrade';
import { type ClusterFlags, requireUpgradable, withCluster } from './connection';
import { CommandError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { interruption } from './interruption';
import { json, safe } from './render/text';
import { renderTroubles } from './render/troubles';
import { canvasOf, RunReporter } from './run-reporter';
import type { Shell } from './shell';
import { wantedBy } from './upgrade-options';

export interface RescueFlags extends ClusterFlags {
  yes?: boolean;
}

/**
 * Reports what a cluster is stuck in, and repairs what has a proven cure, after asking for each. Without a terminal and without
 * `--yes` it only reports.
 */
export async function runRescue(name: string | undefined, flags: RescueFlags, shell: Shell): Promise<ExitCode> {
  const wanted = wantedBy(name, flags);
  return withCluster(shell, flags, wanted, async (connection) => {
    requireUpgradable(connection);
    const cluster = `${connection.namespace}/${connection.name}`;
    const { signal, forget } = interruption(shell);
    const text = flags.output === 'text';
    const reporter = text ? new RunReporter(shell, cluster) : undefined;
    const context = connection.context((event) => reporter?.report(event));
    try {
      const troubles = await connection.look(() => troublesOf(context, signal));
      if (text) shell.out.write(`${renderTroubles(cluster, troubles, canvasOf(shell))}\n`);
      const cured: string[] = [];
      for (const trouble of troubles) {
        if (!trouble.cure || !(await isAgreed(trouble, flags, shell, signal))) continue;
        await rescue(context, trouble.id, signal);
        cured.push(trouble.id);
        reporter?.end();
        if (text) shell.out.write(`\n${trouble.id}: done\n`);
      }
      if (!text) shell.out.write(`${json({ troubles, cured }, 2)}\n`);
      return cured.length === troubles.length ? EXIT.done : EXIT.blocked;
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new CommandError(
        EXIT.stopped,
        'INTERRUPTED',
        'interrupted in the middle of a repair',
        'to continue, run rescue again',
      );
    } finally {
      reporter?.end();
      forget();
    }
  });
}

async function isAgreed(
  { id, cure }: Trouble,
  { yes, output }: RescueFlags,
  { ask }: Shell,
  signal: AbortSignal,
): Promise<boolean> {
  if (yes) return true;
  if (!ask || output === 'json') return false;
  const answer = (await ask(`${safe(id)}: ${safe(cure ?? '')}? [y/N] `, signal).catch(() => undefined)) ?? '';
  return /^\s*y(es)?\s*$/i.test(answer);
}
