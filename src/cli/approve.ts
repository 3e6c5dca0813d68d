import { isKubeError } from '../kubernetes';
import { versionOf } from '../resource';
import { approvalText, mark, recordsRef } from '../runner';
import { liveDigestOf, stateOf, stateText, UpgradeError } from '../upgrade';
import { type ClusterFlags, type Connection, withCluster } from './connection';
import { CommandError, InputError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { OptionReader } from './options';
import { json, safe } from './render/text';
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
    const home = flags.runnerNamespace ?? namespace;
    await expectRunner(connection, home);
    await mark(
      connection.api,
      recordsRef(home),
      { kind: live.kind, namespace, name },
      {
        approved: approvalText(digest, lastRun),
      },
    );
    const text = `${namespace}/${name}: approved is version ${version}, template ${digest}`;
    const approved = { cluster: name, namespace, version, template: digest, runnerNamespace: home };
    shell.out.write(flags.output === 'json' ? `${json({ approved })}\n` : `${safe(text)}\n`);
    return EXIT.done;
  });
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
    const fix = 'change the template of a held cluster first; status shows its state';
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

/** An approval where no runner looks would never have an effect. */
async function expectRunner({ api }: Connection, home: string): Promise<void> {
  const ref = recordsRef(home);
  try {
    await api.get(ref);
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
    throw new InputError(
      `the namespace ${home} has no runner: there is no ConfigMap ${ref.name}`,
      'name the namespace of the runner with --runner-namespace',
    );
  }
}
