import { driveUndriven } from '../handover';
import { lastRecord, statusOf, UpgradeError } from '../upgrade';
import { type ClusterFlags, requireUpgradable, withCluster } from './connection';
import { CommandError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { interruption } from './interruption';
import { clusterDocument } from './page/document';
import { json } from './render/text';
import { renderUpgradeReport } from './render/upgrade-report';
import { runLines } from './render/upgrade-status';
import { canvasOf, RunReporter } from './run-reporter';
import type { Shell } from './shell';
import { commandOn } from './shell-words';
import { wantedBy } from './upgrade-options';
import { reportTo, watch } from './watch';

export interface AttachFlags extends ClusterFlags {
  /** Whether to drive the upgrade whenever no other process does. */
  drive?: boolean;
}

/** Watches an upgrade that another process drives, until it ends. */
export async function runAttach(name: string | undefined, flags: AttachFlags, shell: Shell): Promise<ExitCode> {
  const wanted = wantedBy(name, flags);
  return withCluster(shell, flags, wanted, async (connection) => {
    requireUpgradable(connection);
    const context = connection.context();
    const cluster = `${connection.namespace}/${connection.name}`;
    const { signal, forget } = interruption(shell);
    let reporter: RunReporter | undefined;
    try {
      const status = await connection.look(() => statusOf(context, signal));
      if (status.state !== 'upgrading') {
        throw new UpgradeError(
          'NO_RUN',
          `no upgrade of ${cluster} is under way`,
          'status shows the state of the cluster, report what the last upgrade did',
        );
      }
      if (flags.output === 'text') {
        const lines = runLines(status, commandOn(shell, 'resume', connection, flags), canvasOf(shell).width);
        shell.out.write(`${lines.join('\n')}\n\n`);
        reporter = new RunReporter(shell, cluster);
      }
      if (flags.drive) await driveUndriven(connection.context(reportTo(reporter ?? shell.out)), signal);
      else await watch(context, reporter ?? shell.out, signal);
      reporter?.end();
      const report = await lastRecord(context, signal);
      if (!report) {
        throw new CommandError(
          EXIT.stopped,
          'NO_REPORT',
          'the upgrade has ended without a report',
          'status shows the state of the cluster',
        );
      }
      shell.out.write(
        reporter
          ? `\n${renderUpgradeReport(cluster, report, canvasOf(shell))}\n`
          : `${json({ kind: 'report', report: clusterDocument(connection, report) })}\n`,
      );
      return report.hasLosses ? EXIT.lossy : EXIT.done;
    } catch (error) {
      if (!signal.aborted || flags.drive) throw error;
      throw new CommandError(
        EXIT.stopped,
        'INTERRUPTED',
        'no longer watching; the upgrade continues',
        'to watch it again, run attach',
      );
    } finally {
      reporter?.end();
      forget();
    }
  });
}
