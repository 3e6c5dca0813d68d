import { randomUUID } from 'node:crypto';
import { generationOf } from '../resource';
import type { ClusterView } from '../upgrade';
import { changes } from '../upgrade/changes';
import { isOpen } from '../upgrade/journal';
import { targetOf } from '../upgrade/target';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { type Marks, recognise } from './identity';
import { inputsOf, type Raw, resourceOf } from './inputs';
import { ClusterLink, POLL_MS } from './link';
import { Operation } from './operation';
import { isRunning, progressOf } from './running';
import { type State, seen } from './state';

/** How long a cluster may take to run, in seconds: a node that pulls its image takes minutes. */
const READY_SECONDS = 600;

/**
 * Creates a cluster, and waits until it runs.
 *
 * @throws Error when it already exists and may not be adopted; UnfinishedError when it was created and does not run
 */
export async function create(raw: Raw): Promise<{ id: string; outs: State }> {
  const inputs = inputsOf(raw);
  const link = await ClusterLink.open(inputs);
  const operation = new Operation(inputs, link.clock);
  let marks: Marks = { owner: randomUUID() };
  try {
    const { signal } = operation;
    const view = await link.view(signal);
    if (view) refuseUnlessAdoptable(view, inputs, link.id);
    operation.begin();
    await link.apply(resourceOf(inputs), signal);
    const { identity } = await recognise(link, undefined, signal);
    marks = { ...marks, identity };
    await link.cluster.writeOwner(marks.owner!, signal);
    const running = await untilRunning(link, inputs, operation);
    return { id: link.id, outs: { ...inputs, ...seen(running, marks) } };
  } catch (error) {
    const provider = raw['__provider'];
    throw await operation.failure(error, link, { inputs, marks, provider, phaseOf: () => 'creating' });
  } finally {
    await operation.end();
    link.close();
  }
}

/** Waits until the cluster matches its resource, and is at rest. */
export async function untilRunning(
  link: ClusterLink,
  { upgrade }: EmqxEnterpriseInputs,
  operation: Operation,
): Promise<ClusterView> {
  operation.limit(upgrade?.timeouts?.totalSeconds ?? READY_SECONDS);
  for (;;) {
    const view = await link.view(operation.signal);
    if (!view) throw new Error(`${link.id} was removed`);
    if (isRunning(view)) return view;
    operation.show(progressOf(view));
    await link.clock.sleep(POLL_MS, operation.signal);
  }
}

function refuseUnlessAdoptable(view: ClusterView, inputs: EmqxEnterpriseInputs, id: string): void {
  if (!inputs.adopt) {
    throw new Error(
      `the EmqxEnterprise ${id} already exists. If this resource was renamed in the program, give it \`aliases: [{ name: '<old name>' }]\`; if no other resource of Pulumi manages the cluster, adopt: true adopts it as it is`,
    );
  }
  if (isOpen(view.journal)) throw new Error(`${id} is being upgraded; it can be taken over when that is done`);
  const target = targetOf(view, { desired: resourceOf(inputs) });
  const delay = (resource: typeof target.live) => generationOf(resource).delayOf(resource) ?? 0;
  const paths = [
    ...target.changes.map(({ path }) => `spec.${path}`),
    ...changes(delay(target.live), delay(target.desired)).map(() => 'spec.blueGreenUpdate.initialDelaySeconds'),
    ...target.metadataChanges.map(({ path }) => `metadata.${path}`),
  ];
  if (paths.length === 0) return;
  throw new Error(
    `the EmqxEnterprise ${id} exists already, and differs from the properties in ${paths.join(', ')}; set these to what it has, adopt it, then change it`,
  );
}
