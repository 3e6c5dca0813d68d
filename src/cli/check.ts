import { checkUpgrade, checkWithDevices } from '../upgrade';
import { withCluster } from './connection';
import { EXIT, type ExitCode } from './exit';
import { renderChecks } from './render/checks';
import { json } from './render/text';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { desiredOf, type FleetFlags, type WantedFlags, wantedBy } from './upgrade-options';

/** Reports whether the cluster is ready for an upgrade. Writes nothing to it. */
export async function runCheck(
  name: string | undefined,
  flags: WantedFlags & FleetFlags,
  shell: Shell,
): Promise<ExitCode> {
  const wanted = wantedBy(name, flags);
  return withCluster(shell, flags, wanted, async (connection) => {
    const desired = desiredOf(wanted, connection);
    const context = connection.context();
    const request = desired && { desired };
    const { checks, devices } = await connection.look(async () =>
      flags.fleet === false
        ? { checks: await checkUpgrade(context, request), devices: undefined }
        : checkWithDevices(context, request),
    );
    const { namespace, name: cluster } = connection;
    shell.out.write(
      flags.output === 'json'
        ? `${json({ cluster, namespace, checks, devices }, 2)}\n`
        : `${renderChecks(`${namespace}/${cluster}`, checks, canvasOf(shell), devices)}\n`,
    );
    return checks.some(({ status }) => status === 'blocker') ? EXIT.blocked : EXIT.done;
  });
}
