import { checkUpgrade } from '../upgrade';
import { withCluster } from './connection';
import { EXIT, type ExitCode } from './exit';
import { renderChecks } from './render/checks';
import { json } from './render/text';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { desiredOf, type WantedFlags, wantedBy } from './upgrade-options';

/** Reports whether the cluster is ready for an upgrade. Writes nothing to it. */
export async function runCheck(name: string | undefined, flags: WantedFlags, shell: Shell): Promise<ExitCode> {
  const wanted = wantedBy(name, flags);
  return withCluster(shell, flags, wanted, async (connection) => {
    const desired = desiredOf(wanted, connection);
    const checks = await connection.look(() => checkUpgrade(connection.context(), desired && { desired }));
    const { namespace, name: cluster } = connection;
    shell.out.write(
      flags.output === 'json'
        ? `${json({ cluster, namespace, checks }, 2)}\n`
        : `${renderChecks(`${namespace}/${cluster}`, checks, canvasOf(shell))}\n`,
    );
    return checks.some(({ status }) => status === 'blocker') ? EXIT.blocked : EXIT.done;
  });
}
