import { withVersion } from '../resource';
import { type Control, controlUpgrade, planUpgrade, statusOf, UpgradeError } from '../upgrade';
import { type ClusterFlags, type Connection, requireUpgradable, withCluster } from './connection';
import { CommandError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { interruption } from './interruption';
import { OptionReader } from './options';
import { renderPlan } from './render/plan';
import { json, safe } from './render/text';
import { renderUpgradeReport } from './render/upgrade-report';
import { canvasOf, RunReporter } from './run-reporter';
import type { Shell } from './shell';
import { wantedBy } from './upgrade-options';

/** What is reported once the run has accepted the request. */
const ACCEPTED: Readonly<Record<Control['do'], string>> = {
  pause: 'the upgrade is paused: no devices are disconnected until it is resumed',
  resume: 'the upgrade is resumed',
  rate: 'the new rate is in effect',
  abort: 'the upgrade is being aborted; attach watches it',
};

/** Pauses, resumes, or aborts the upgrade under way. */
export function runControl(
  control: Exclude<Control, { do: 'rate' }>,
  name: string | undefined,
  flags: ClusterFlags,
  shell: Shell,
): Promise<ExitCode> {
  return ask(() => control, name, flags, shell);
}

/** Changes the rate of the upgrade under way. */
export function runRate(
  perSecond: string,
  name: string | undefined,
  flags: ClusterFlags,
  shell: Shell,
): Promise<ExitCode> {
  return ask((reader) => ({ do: 'rate', perSecond: reader.rate('<per second>', perSecond) }), name, flags, shell);
}

async function ask(
  read: (reader: OptionReader) => Control,
  name: string | undefined,
  flags: ClusterFlags,
  shell: Shell,
): Promise<ExitCode> {
  const wanted = wantedBy(name, flags);
  const reader = new OptionReader();
  const control = read(reader);
  reader.done();
  return withCluster(shell, flags, wanted, async (connection) => {
    requireUpgradable(connection);
    const cluster = `${connection.namespace}/${connection.name}`;
    const { signal, forget } = interruption(shell);
    const reporter = flags.output === 'text' ? new RunReporter(shell, cluster) : undefined;
    try {
      const report = await controlUpgrade(
        connection.context((event) => reporter?.report(event)),
        control,
        signal,
      );
      reporter?.end();
      if (!reporter) shell.out.write(`${json({ asked: control, report })}\n`);
      else if (report) shell.out.write(`\n${renderUpgradeReport(cluster, report, canvasOf(shell))}\n`);
      else shell.out.write(`${safe(cluster)}: ${ACCEPTED[control.do]}\n`);
      return report?.hasLosses ? EXIT.lossy : EXIT.done;
    } catch (error) {
      if (reporter && control.do === 'abort' && error instanceof UpgradeError && error.code === 'NO_RUN') {
        await reportAbortPlan(connection, shell, signal);
      }
      if (!signal.aborted) throw error;
      const message = 'no longer waiting; the request is recorded, and the process that drives the upgrade handles it';
      throw new CommandError(EXIT.stopped, 'INTERRUPTED', message, 'attach shows its effect');
    } finally {
      reporter?.end();
      forget();
    }
  });
}

/** Once the last run has ended, going back is a new upgrade, with the downgrade accepted: shows its plan. */
async function reportAbortPlan(connection: Connection, shell: Shell, signal: AbortSignal): Promise<void> {
  const context = connection.context();
  const { run } = await connection.look(() => statusOf(context, signal));
  if (!run || run.aborted) return;
  const desired = withVersion(connection.live, run.from);
  const plan = await connection.look(() => planUpgrade(context, { desired, acceptDowngrade: true }, signal));
  shell.out.write(`${renderPlan(plan, canvasOf(shell))}\n\n`);
}
