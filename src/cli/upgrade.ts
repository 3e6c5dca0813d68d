import type { RunHost } from '../handover';
import {
  awaitLease,
  BlockedError,
  lastRecord,
  type Phase,
  type ProgressEvent,
  planUpgrade,
  runUpgrade,
  statusOf,
  UpgradeError,
  type UpgradePlan,
  type UpgradeReport,
  type UpgradeRequest,
  whatHolds,
} from '../upgrade';
import { type Connection, withCluster } from './connection';
import { CommandError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { writePage } from './html-file';
import { checkInCluster, hostFor, type InClusterFlags, runInCluster } from './in-cluster';
import { interruption } from './interruption';
import { LeaseCountdown } from './lease-countdown';
import { OptionReader } from './options';
import { clusterDocument } from './page/document';
import { safe } from './render/text';
import type { Shell } from './shell';
import { commandOn, shellWords } from './shell-words';
import { type DriveFlags, type FleetFlags, readRequest } from './upgrade-options';
import { JsonReporter, TextReporter, type UpgradeReporter } from './upgrade-reporter';

export interface UpgradeFlags extends DriveFlags, FleetFlags, InClusterFlags {
  yes?: boolean;
  /** File for the report as a page. */
  html?: string;
  /** Whether to wait for a lease whose holder may be gone. */
  wait: boolean;
}

/** Upgrades a cluster, or resumes an upgrade that was interrupted. */
export async function runUpgradeCommand(
  name: string | undefined,
  flags: UpgradeFlags,
  shell: Shell,
): Promise<ExitCode> {
  const reader = new OptionReader();
  const { wanted, requestOn } = readRequest(reader, name, flags);
  reader.outputFile('--html', flags.html);
  checkInCluster(reader, flags);
  if (!flags.yes) checkAsking(reader, flags, shell);
  reader.done();
  let reporter: UpgradeReporter | undefined;
  const { signal, forget } = interruption(shell, () => reporter?.detaching());
  try {
    return await withCluster(
      shell,
      flags,
      wanted,
      async (connection) => {
        reporter = flags.output === 'json' ? new JsonReporter(shell) : new TextReporter(shell, connection);
        const request = { ...requestOn(connection), sampleDevices: flags.fleet !== false };
        return await upgrade(connection, request, { flags, shell, reporter, signal });
      },
      signal,
    );
  } finally {
    reporter?.end();
    forget();
  }
}

interface Surroundings {
  flags: UpgradeFlags;
  shell: Shell;
  reporter: UpgradeReporter;
  signal: AbortSignal;
}

async function upgrade(connection: Connection, request: UpgradeRequest, around: Surroundings): Promise<ExitCode> {
  const { flags, shell, reporter, signal } = around;
  const context = connection.context();
  if (flags.wait) {
    const countdown = new LeaseCountdown(shell.out, context.clock, flags.output);
    await awaitLease(context, (wait) => countdown.show(wait), signal);
  }
  const { state, run } = await connection.look(() => statusOf(context, signal));
  const open = state === 'upgrading' ? run : undefined;
  const host = flags.inCluster
    ? await connection.look(() => hostFor(connection, request, flags, open !== undefined, signal))
    : undefined;
  if (open) reporter.resumed(open);
  else {
    const plan = await connection.look(() => planUpgrade(context, request, signal));
    reporter.planned(plan);
    const blockers = plan.checks.filter(({ status }) => status === 'blocker');
    if (blockers.length > 0) {
      if (flags.output === 'json') throw new BlockedError(blockers);
      return EXIT.blocked; // the plan shows why
    }
    if (!flags.yes && !(await isAgreed(plan, shell, signal))) {
      throw new CommandError(
        EXIT.stopped,
        'DECLINED',
        'not upgraded: nothing was changed',
        'answer y to upgrade, or give --yes',
      );
    }
  }
  const report = await follow(connection, request, around, open?.phase, host);
  // The upgrade is done, whether its journal can be read once more or not.
  const record = await lastRecord(context, signal).catch(() => undefined);
  const document = record && clusterDocument(connection, record);
  reporter.done(document ?? report);
  await writePage(flags.html, document, shell);
  if (report.outcome === 'aborted') return EXIT.stopped;
  return report.hasLosses ? EXIT.lossy : EXIT.done;
}

/**
 * Runs the upgrade. When it is interrupted, reports the state it is in, and how to resume it.
 *
 * @param phase in which it was interrupted before; undefined for a new one
 */
async function follow(
  connection: Connection,
  request: UpgradeRequest,
  { flags, reporter, signal, shell }: Surroundings,
  phase: Phase | undefined,
  host: RunHost | undefined,
): Promise<UpgradeReport> {
  let reached = phase;
  const emit = (event: ProgressEvent) => {
    if (event.kind === 'phase') reached = event.phase;
    reporter.event(event);
  };
  try {
    if (flags.inCluster) {
      const attach = commandOn(shell, 'attach', connection, flags);
      return await runInCluster(connection, request, host, { emit, reporter, signal, attach });
    }
    return await runUpgrade(connection.context(emit), request, signal);
  } catch (error) {
    if (!(error instanceof UpgradeError) || error.code !== 'DETACHED') throw error;
    const where = reached === undefined ? 'before its first phase' : `in phase ${reached}`;
    throw new CommandError(
      EXIT.stopped,
      error.code,
      `the upgrade was interrupted ${where}: ${whatHolds(reached)}`,
      `to resume, run the same command: ${shell.name} ${shellWords(...shell.words)}`,
      { cause: error },
    );
  }
}

async function isAgreed(
  { namespace, cluster, from, to }: UpgradePlan,
  shell: Shell,
  signal: AbortSignal,
): Promise<boolean> {
  const question = safe(`Upgrade ${namespace}/${cluster} from ${from.version} to ${to.version}? [y/N] `);
  const answer = (await shell.ask?.(question, signal).catch(() => undefined)) ?? ''; // Ctrl-C is a no
  return /^\s*y(es)?\s*$/i.test(answer);
}

function checkAsking(reader: OptionReader, { output }: UpgradeFlags, { ask }: Shell): void {
  if (ask && output === 'text') return;
  reader.problem({
    path: '--yes',
    value: undefined,
    bound: 'given',
    reason: ask ? 'with -o json there is no question' : 'there is no terminal to ask on',
    fix: 'check the plan first (emqx-blue-green plan), then give --yes',
  });
}
