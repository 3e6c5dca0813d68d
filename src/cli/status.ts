import { runnerNamespaceOf } from '../handover';
import { type RunnerStatus, runnerStatusOf } from '../runner';
import { statusOf, type UpgradeStatus } from '../upgrade';
import { clusterError } from './cluster-errors';
import { type ClusterFlags, type Connection, withAllClusters, withCluster } from './connection';
import { type Failure, failureOf } from './errors';
import { EXIT, type ExitCode } from './exit';
import { interruption } from './interruption';
import { OptionReader } from './options';
import { renderRunner } from './render/runner-status';
import { json, safe } from './render/text';
import { renderStatus } from './render/upgrade-status';
import { canvasOf, RunReporter } from './run-reporter';
import type { Shell } from './shell';
import { commandOn } from './shell-words';
import { readDriver, readWanted } from './upgrade-options';
import { watch } from './watch';

export interface StatusFlags extends ClusterFlags {
  watch?: boolean;
  allNamespaces?: boolean;
  runnerNamespace?: string;
}

/** With the runner that follows the cluster; null where there is none. */
type Status = UpgradeStatus & { runner: RunnerStatus | null };

/**
 * Reports the state of a cluster and of its upgrade: once, or until Ctrl-C. Once, and if the load of a node is unknown, the exit
 * code is that of a cluster that does not answer.
 */
export async function runStatus(name: string | undefined, flags: StatusFlags, shell: Shell): Promise<ExitCode> {
  if (flags.allNamespaces) return runStatusOfAll(name, flags, shell);
  const reader = new OptionReader();
  const wanted = readWanted(reader, name, flags);
  reader.name('--runner-namespace', flags.runnerNamespace);
  reader.done();
  const isJson = flags.output === 'json';
  return withCluster(shell, flags, wanted, async (connection) => {
    const context = connection.context();
    if (!flags.watch) {
      const status = await readStatus(connection, flags);
      shell.out.write(`${isJson ? json(status, 2) : textOf(status, connection, flags, shell)}\n`);
      return isKnown(status) ? EXIT.done : EXIT.refused;
    }
    const { signal, forget } = interruption(shell);
    const reporter = new RunReporter(shell, `${connection.namespace}/${connection.name}`);
    try {
      for (;;) await watch(context, isJson ? shell.out : reporter, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return EXIT.done;
    } finally {
      reporter.end();
      forget();
    }
  });
}

/** The same for all clusters, one by one; for one that cannot be read, the reason. */
async function runStatusOfAll(name: string | undefined, flags: StatusFlags, shell: Shell): Promise<ExitCode> {
  const reader = new OptionReader();
  readDriver(reader, flags);
  reader.name('--runner-namespace', flags.runnerNamespace);
  const excluded = { '[name]': name, '--namespace': flags.namespace, '--watch': flags.watch };
  for (const [path, value] of Object.entries(excluded)) {
    if (value === undefined) continue;
    const reason = '--all-namespaces shows all clusters once';
    reader.problem({
      path,
      value,
      bound: 'left out when --all-namespaces is given',
      reason,
      fix: 'give only one of them',
    });
  }
  reader.done();
  return withAllClusters(shell, flags, async (connections) => {
    const items: (Status | (Pick<UpgradeStatus, 'namespace' | 'cluster'> & { error: Omit<Failure, 'exitCode'> }))[] =
      [];
    const texts: string[] = [];
    let code: ExitCode = EXIT.done;
    for (const connection of connections) {
      const { namespace, name: cluster, live } = connection;
      try {
        const status = await readStatus(connection, flags);
        items.push(status);
        texts.push(textOf(status, connection, flags, shell));
        if (!isKnown(status)) code = EXIT.refused;
      } catch (error) {
        const { exitCode, ...failure } = failureOf(clusterError(error, { namespace, name: cluster, kind: live.kind }));
        items.push({ namespace, cluster, error: failure });
        texts.push(`${safe(`${namespace}/${cluster}: ${failure.message}`)}\n→ ${failure.fix}`);
        code = exitCode;
      }
    }
    const nothing = 'there is no EMQX cluster in any namespace';
    const text = flags.output === 'json' ? json({ items }, 2) : texts.join('\n\n') || nothing;
    shell.out.write(`${text}\n`);
    return code;
  });
}

async function readStatus(connection: Connection, { runnerNamespace }: StatusFlags): Promise<Status> {
  const { api, namespace, name, live } = connection;
  const context = connection.context();
  const cluster = { kind: live.kind, namespace, name };
  return connection.look(async () => {
    const [status, runner] = await Promise.all([
      statusOf(context),
      runnerNamespaceOf(api, namespace, runnerNamespace).then((home) =>
        runnerStatusOf(api, context.clock, home, cluster),
      ),
    ]);
    return { ...status, runner: runner ?? null };
  });
}

function textOf(status: Status, connection: Connection, flags: StatusFlags, shell: Shell): string {
  const canvas = canvasOf(shell);
  const text = renderStatus(status, commandOn(shell, 'resume', connection, flags), canvas);
  const runner = renderRunner(status.runner, flags.runnerNamespace !== undefined, canvas);
  return [text, ...runner].join('\n');
}

function isKnown({ sample: { blue, green, nodes }, beside, onlyRead }: UpgradeStatus): boolean {
  const sets = onlyRead?.sets ?? [blue, ...(green ? [green] : []), ...beside];
  // A cluster that is being created has no set yet.
  const known = sets.filter(({ set }) => set !== '');
  return [...known, ...nodes].every(({ seenAt }) => seenAt !== null);
}
