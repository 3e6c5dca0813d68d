import { planUpgrade } from '../upgrade';
import { withCluster } from './connection';
import { EXIT, type ExitCode } from './exit';
import { OptionReader } from './options';
import { renderPlan } from './render/plan';
import { json } from './render/text';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { type DriveFlags, readRequest } from './upgrade-options';

/** Shows what an upgrade would do. Writes nothing to the cluster. */
export async function runPlan(name: string | undefined, flags: DriveFlags, shell: Shell): Promise<ExitCode> {
  const reader = new OptionReader();
  const { wanted, requestOn } = readRequest(reader, name, flags);
  reader.done();
  return withCluster(shell, flags, wanted, async (connection) => {
    const plan = await connection.look(() => planUpgrade(connection.context(), requestOn(connection)));
    shell.out.write(flags.output === 'json' ? `${json(plan, 2)}\n` : `${renderPlan(plan, canvasOf(shell))}\n`);
    return plan.checks.some(({ status }) => status === 'blocker') ? EXIT.blocked : EXIT.done;
  });
}
