import { lastReport } from '../upgrade';
import { type ClusterFlags, requireUpgradable, withCluster } from './connection';
import { InputError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { json } from './render/text';
import { renderUpgradeReport } from './render/upgrade-report';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { wantedBy } from './upgrade-options';

/** Shows the report of the last upgrade. */
export async function runReportCommand(name: string | undefined, flags: ClusterFlags, shell: Shell): Promise<ExitCode> {
  const wanted = wantedBy(name, flags);
  return withCluster(shell, flags, wanted, async (connection) => {
    const context = connection.context();
    const cluster = `${connection.namespace}/${connection.name}`;
    const report = await connection.look(() => lastReport(context));
    if (!report) {
      requireUpgradable(connection);
      const { journal } = await context.cluster.observe();
      throw journal
        ? new InputError(
            `the upgrade of ${cluster} to ${journal.to.version} is not done: it is in phase ${journal.phase}`,
            'status shows its state',
          )
        : new InputError(`no upgrade of ${cluster} by emqx-blue-green is on record`, 'to upgrade it, run upgrade');
    }
    shell.out.write(
      flags.output === 'json' ? `${json(report, 2)}\n` : `${renderUpgradeReport(cluster, report, canvasOf(shell))}\n`,
    );
    return EXIT.done;
  });
}
