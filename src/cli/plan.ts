import { planUpgrade, sampleDevices } from '../upgrade';
import { withCluster } from './connection';
import { EXIT, type ExitCode } from './exit';
import { OptionReader } from './options';
import { renderPlan } from './render/plan';
import { json } from './render/text';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { type DriveFlags, type FleetFlags, readRequest } from './upgrade-options';

/** Shows what an upgrade would do. Writes nothing to the cluster. */
export async function runPlan(
  name: string | undefined,
  flags: DriveFlags & FleetFlags,
  shell: Shell,
): Promise<ExitCode> {
  const reader = new OptionReader();
  const { wanted, requestOn } = readRequest(reader, name, flags);
  reader.done();
  return withCluster(shell, flags, wanted, async (connection) => {
    const context = connection.context();
    const { plan, devices } = await connection.look(async () => ({
      plan: await planUpgrade(context, requestOn(connection)),
      devices: flags.fleet === false ? undefined : ((await sampleDevices(context)) ?? null),
    }));
    shell.out.write(
      flags.output === 'json'
        ? `${json({ ...plan, devices }, 2)}\n`
        : `${renderPlan(plan, canvasOf(shell), devices)}\n`,
    );
    return plan.checks.some(({ status }) => status === 'blocker') ? EXIT.blocked : EXIT.done;
  });
}
