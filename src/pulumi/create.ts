import { randomUUID } from 'node:crypto';
import { generationOf } from '../resource';
import type { ClusterView } from '../upgrade';
import { changes } from '../upgrade/changes';
import { isOpen } from '../upgrade/journal';
import { targetOf } from '../upgrade/target';
import { connectedDevices } from './devices';
import { type Marks, recognise } from './identity';
import { inputsOf, type Raw, resourceOf } from './inputs';
import { ClusterLink, POLL_MS, reasonOf } from './link';
import { Operation } from './operation';
import type { ClusterInputs } from './resource-type';
import { typeOf } from './resource-types';
import { runningText } from './running';
import { type State, seen } from './state';
import { untilRunning } from './until-running';
import { change } from './update';
import { deletionOf } from './volumes';

/**
 * Creates a cluster, and waits until it runs and devices can connect.
 *
 * Pulumi records a resource only when its creation ends. One that can no longer be recorded, because the engine is gone, is undone
 * while no device is connected. Where that is not possible either, as after a crash, the cluster holds a mark with the URN of the
 * resource: the next creation by the same resource resumes it.
 *
 * @throws Error when it already exists and may not be adopted; UnfinishedError when it was created and does not run
 */
export async function create(raw: Raw): Promise<{ id: string; outs: State }> {
  const inputs = inputsOf(raw);
  const link = await ClusterLink.open(inputs);
  const operation = new Operation(inputs, link.clock);
  const owner = randomUUID();
  let marks: Marks = { owner };
  let isNew = false;
  try {
    const { signal } = operation;
    const view = await link.view(signal);
    const { __progressRow: row } = inputs;
    const isResumed = view !== undefined && row !== undefined && view.creating === row;
    isNew = view === undefined;
    if (view && !isResumed) refuseUnlessAdoptable(view, inputs, link);
    if (isNew) await refuseOverOldVolumes(link, inputs, operation);
    operation.begin();
    for (const warning of typeOf(inputs).warningsOf(inputs)) operation.warn(warning);
    const mark = isNew || isResumed ? row : undefined;
    if (isResumed) await link.cluster.writeOwner(owner, mark, signal);
    // Devices may be connected to one that was resumed: what is another template by now is an upgrade.
    if (isResumed) await change(link, inputs, operation, { mayLeave: false, wasUpgrading: false });
    else await link.apply(resourceOf(inputs), signal);
    const { identity } = await recognise(link, undefined, signal);
    marks = { owner, identity };
    await link.cluster.writeOwner(owner, mark, signal);
    const running = await untilRunning(link, inputs, operation);
    if (mark !== undefined) await link.cluster.writeOwner(owner, undefined, signal);
    operation.show(`${isNew || isResumed ? 'created' : 'adopted'}: ${runningText(running)}`);
    return { id: link.id, outs: { ...inputs, ...seen(running, marks) } };
  } catch (error) {
    if (isNew && operation.isAbandoned) await undo(link, inputs, owner).catch(() => undefined); // the next up resumes it
    const provider = raw['__provider'];
    throw await operation.failure(error, link, { inputs, marks, provider, phaseOf: () => 'creating' });
  } finally {
    await operation.end();
    link.close();
  }
}

/** Removes what an operation has created that nobody will record; unless somebody owns it by now, or devices are connected. */
async function undo(link: ClusterLink, inputs: ClusterInputs, owner: string): Promise<void> {
  const view = await link.view();
  if (view?.owner !== owner || (await connectedDevices(link)) !== 0) return;
  await link.remove();
  while ((await link.podsLeft()) > 0) await link.clock.sleep(POLL_MS);
  const claims = typeOf(inputs).claimsOf(resourceOf(inputs));
  // There were none before.
  if (claims) for (const claim of await link.volumeClaims(claims)) await link.removeVolumeClaim(claim);
}

function refuseUnlessAdoptable(view: ClusterView, inputs: ClusterInputs, { id, title }: ClusterLink): void {
  if (!inputs.adopt) {
    throw new Error(
      `the ${title} already exists. If this resource was renamed in the program, give it \`aliases: [{ name: '<old name>' }]\`; if no other resource of Pulumi manages the cluster, adopt: true adopts it as it is`,
    );
  }
  if (isOpen(view.journal)) throw new Error(`${id} is being upgraded; it can be taken over when that is done`);
  const target = targetOf(view, { desired: resourceOf(inputs) });
  const { delayOf, delayPath } = generationOf(target.live);
  const delay = (resource: typeof target.live) => delayOf(resource) ?? 0;
  const paths = [
    ...target.changes.map(({ path }) => `spec.${path}`),
    ...changes(delay(target.live), delay(target.desired)).map(() => delayPath),
    ...target.metadataChanges.map(({ path }) => `metadata.${path}`),
  ];
  if (paths.length === 0) return;
  throw new Error(
    `the ${title} exists already, and differs from the properties in ${paths.join(', ')}; set these to what it has, adopt it, then change it`,
  );
}

/** A new stateful set may get the name of a former one, and so its volumes; EMQX then waits for nodes that no longer exist. */
async function refuseOverOldVolumes(link: ClusterLink, inputs: ClusterInputs, operation: Operation): Promise<void> {
  const named = typeOf(inputs).claimsOf(resourceOf(inputs));
  if (!named) return;
  const claims = await link.volumeClaims(named, operation.signal).catch((error: unknown) => {
    operation.signal.throwIfAborted();
    operation.warn(`whether volume claims of an earlier ${link.id} exist is not known: ${reasonOf(error)}`);
    return [];
  });
  if (claims.length === 0) return;
  throw new Error(
    `${claims.length} volume claims of an earlier cluster ${link.id} exist: its nodes would get them, and wait for nodes that are gone. If the data is not needed any more: ${deletionOf(link.id, claims)}; otherwise choose another name. With deleteVolumes: true a destroy deletes them, too`,
  );
}
