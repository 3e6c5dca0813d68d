import { runnerLeasesIn, runnerNamespaceOf } from '../handover';
import { isKubeError } from '../kubernetes';
import { isHeld, versionOf } from '../resource';
import { named } from '../resource/cluster-ref';
import { approvalText, mark, type RunnerStatus, recordsRef, runnerStatusOf } from '../runner';
import { type ClusterState, liveDigestOf, stateOf, stateText, UpgradeError } from '../upgrade';
import { type ClusterFlags, type Connection, withCluster } from './connection';
import { CommandError, InputError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { OptionReader } from './options';
import { renderRunner } from './render/runner-status';
import { json, safe } from './render/text';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { readWanted } from './upgrade-options';

export interface ApproveFlags extends ClusterFlags {
  /** Digest of the template that is meant. */
  template?: string;
  runnerNamespace?: string;
}

/** Approves the template that waits, so that a runner begins the upgrade to it. */
export async function runApprove(name: string | undefined, flags: ApproveFlags, shell: Shell): Promise<ExitCode> {
  const reader = new OptionReader();
  const wanted = readWanted(reader, name, flags);
  reader.name('--runner-namespace', flags.runnerNamespace);
  if (flags.template !== undefined && !/^[0-9a-f]{16}$/.test(flags.template)) {
    reader.problem({
      path: '--template',
      value: flags.template,
      bound: '16 hexadecimal digits',
      reason: 'it is the digest that the runner shows in its Event',
      fix: 'copy it from there, or leave it out for the template that waits',
    });
  }
  reader.done();
  return withCluster(shell, flags, wanted, async (connection) => {
    const { namespace, name, live } = connection;
    const { version, digest, lastRun } = await waitingOn(connection, flags.template);
    const home = await homeFor(connection, flags.runnerNamespace);
    const cluster = { kind: live.kind, namespace, name };
    await mark(connection.api, recordsRef(home), cluster, { approved: approvalText(digest, lastRun) });
    const approved = { cluster: name, namespace, version, template: digest, runnerNamespace: home };
    if (flags.output === 'json') {
      shell.out.write(`${json({ approved })}\n`);
      return EXIT.done;
    }
    shell.out.write(`${safe(`${namespace}/${name}: version ${version} is approved, template ${digest}`)}\n`);
    const runner = await runnerStatusOf(connection.api, connection.context().clock, home, cluster);
    if (runner && !beginsUpgrades(runner)) {
      shell.out.write(`${renderRunner({ ...runner, wait: null }, true, canvasOf(shell)).join('\n')}\n`);
    }
    return EXIT.done;
  });
}

/** Whether the approval will have an effect, as far as it is known. */
function beginsUpgrades({ unknown, lease, isFollowed, policyProblems = [] }: RunnerStatus): boolean {
  return unknown !== undefined || (lease?.live === true && isFollowed !== false && policyProblems.length === 0);
}

/** @throws UpgradeError when nothing waits, or another template than the one that is meant */
async function waitingOn(
  connection: Connection,
  meant: string | undefined,
): Promise<{ version: string; digest: string; lastRun: string | undefined }> {
  const { cluster } = connection.context();
  const view = await connection.look(() => cluster.observe());
  const { resource } = view;
  const state = stateOf(view);
  const where = `${connection.namespace}/${connection.name}`;
  if (state !== 'waiting') {
    const { namespace, name, live } = connection;
    const fix = fixFor(state, isHeld(resource), named({ kind: live.kind, namespace, name }));
    throw new CommandError(
      EXIT.badInput,
      'NOTHING_WAITS',
      `no upgrade of ${where} waits: it is ${stateText(state)}`,
      fix,
    );
  }
  const [version, digest] = [versionOf(resource), liveDigestOf(resource)];
  if (meant !== undefined && meant !== digest) {
    const what = `of ${where} another template waits: ${digest}, version ${version}`;
    throw new UpgradeError('NOT_TAKEN_UP', what, 'check what has changed, and approve that template if it is meant');
  }
  return { version, digest, lastRun: view.journal?.run };
}

/**
 * The namespace of the runner: an approval where none looks would never have an effect.
 *
 * @throws InputError where there is neither a runner nor its policy
 */
async function homeFor({ api, namespace }: Connection, asked: string | undefined): Promise<string> {
  const home = await runnerNamespaceOf(api, namespace, asked);
  const ref = recordsRef(home);
  try {
    await api.get(ref);
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
    // One that was started by hand may have no policy.
    if ((await runnerLeasesIn(api, home)).length > 0) return home;
    const what =
      asked === undefined
        ? `there is no runner that upgrades clusters of the namespace ${namespace}`
        : `the namespace ${asked} has no runner`;
    throw new InputError(
      `${what}: there is neither a Lease nor a ConfigMap ${ref.name}`,
      'install one (`emqx-blue-green runner manifest`), or name its namespace with --runner-namespace',
    );
  }
  return home;
}

/** What is to be done where nothing waits. */
function fixFor(state: ClusterState, isHeld: boolean, cluster: string): string {
  switch (state) {
    case 'upgrading':
      return `the upgrade has begun: \`emqx-blue-green attach ${cluster}\` shows it`;
    case 'native':
      return `an upgrade of the operator needs no approval, and disconnects devices as the operator does: \`emqx-blue-green check ${cluster}\` says whether it can be taken over; hold the cluster before its template is changed the next time`;
    case 'at-rest':
      return isHeld
        ? 'change its template first: the new one then waits'
        : 'hold it first (hold: enforce in the policy of the runner, or rendered so): then a change of its template waits, and can be approved';
    case 'unsettled':
    case 'waiting':
      return `\`emqx-blue-green status ${cluster}\` shows what it waits for`;
  }
}
