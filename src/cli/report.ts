import { lastRecord } from '../upgrade';
import { type ClusterFlags, requireUpgradable, withCluster } from './connection';
import { InputError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { writePage } from './html-file';
import { OptionReader } from './options';
import { clusterDocument } from './page/document';
import { json } from './render/text';
import { renderUpgradeReport } from './render/upgrade-report';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { wantedBy } from './upgrade-options';

export interface ReportFlags extends ClusterFlags {
  /** File for the page. */
  html?: string;
}

/** Shows the report of the last upgrade. */
export async function runReportCommand(name: string | undefined, flags: ReportFlags, shell: Shell): Promise<ExitCode> {
  const reader = new OptionReader();
  reader.outputFile('--html', flags.html);
  reader.done();
  const wanted = wantedBy(name, flags);
  return withCluster(shell, flags, wanted, async (connection) => {
    const context = connection.context();
    const cluster = `${connection.namespace}/${connection.name}`;
    const record = await connection.look(() => lastRecord(context));
    if (!record) {
      requireUpgradable(connection);
      const { journal } = await context.cluster.observe();
      throw journal
        ? new InputError(
            `the upgrade of ${cluster} to ${journal.to.version} is not done: it is in phase ${journal.phase}`,
            'status shows its state',
          )
        : new InputError(`no upgrade of ${cluster} by emqx-blue-green is on record`, 'to upgrade it, run upgrade');
    }
    const document = clusterDocument(connection, record);
    shell.out.write(
      flags.output === 'json' ? `${json(document, 2)}\n` : `${renderUpgradeReport(cluster, record, canvasOf(shell))}\n`,
    );
    await writePage(flags.html, document, shell);
    return EXIT.done;
  });
}
