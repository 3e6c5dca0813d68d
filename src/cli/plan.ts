import type { DeviceShare } from '../simulator/clients/device-fleet';
import { planUpgrade, planWithDevices } from '../upgrade';
import { withCluster } from './connection';
import { EXIT, type ExitCode } from './exit';
import { OptionReader } from './options';
import { renderPlan } from './render/plan';
import { json } from './render/text';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { type DriveFlags, type FleetFlags, readRequest } from './upgrade-options';

export interface PlanFlags extends DriveFlags, FleetFlags {
  /** Whether the planned upgrade is also played in virtual time. */
  simulate?: boolean;
  /** With `simulate`: the libraries of the devices in percent, or a file with them. */
  devices?: string;
}

/** Shows what an upgrade would do. Writes nothing to the cluster. */
export async function runPlan(name: string | undefined, flags: PlanFlags, shell: Shell): Promise<ExitCode> {
  const reader = new OptionReader();
  const { wanted, requestOn } = readRequest(reader, name, flags);
  const shares = await sharesIn(reader, flags);
  reader.done();
  return withCluster(shell, flags, wanted, async (connection) => {
    const context = connection.context();
    const request = requestOn(connection);
    const { plan, devices } = await connection.look(async () =>
      flags.fleet === false
        ? { plan: await planUpgrade(context, request), devices: undefined }
        : planWithDevices(context, request),
    );
    const isText = flags.output === 'text';
    const canvas = canvasOf(shell);
    if (isText) shell.out.write(`${renderPlan(plan, canvas, devices)}\n`);
    const simulator = flags.simulate ? await import('./plan-simulation.js') : undefined;
    const planned = { live: connection.live, request, plan, devices, shares };
    const simulation = await simulator?.simulatePlan(planned, shell, isText);
    if (!isText) shell.out.write(`${json({ ...plan, devices, simulation }, 2)}\n`);
    else if (simulation) {
      const { renderPlanSimulation } = await import('./render/plan-simulation.js');
      shell.out.write(`\n${renderPlanSimulation(simulation, canvas)}\n`);
    }
    return plan.checks.some(({ status }) => status === 'blocker') ? EXIT.blocked : EXIT.done;
  });
}

async function sharesIn(
  reader: OptionReader,
  { devices, simulate }: PlanFlags,
): Promise<readonly DeviceShare[] | undefined> {
  if (devices === undefined) return undefined;
  if (simulate) return (await import('./devices-option.js')).readDevices(reader, devices);
  reader.problem({
    path: '--devices',
    value: devices,
    bound: 'left out without --simulate',
    reason: 'only a simulation has libraries',
    fix: 'leave it out, or add --simulate',
  });
  return undefined;
}
