import { type EmqxResource, generationOf, versionOf } from '../resource';
import type { ClusterView } from '../upgrade';
import { isOpen } from '../upgrade/journal';
import { targetOf } from '../upgrade/target';
import { marksOf, recognise } from './identity';
import { inputsOf, type Raw, resourceOf } from './inputs';
import { ClusterLink, isKubeconfigText } from './link';
import type { ClusterInputs } from './resource-type';
import { typeOf } from './resource-types';
import { seen, stateOf } from './state';

/** The result of reading a resource; without an id it no longer exists. */
export interface ReadResult {
  id: string;
  props: Raw;
  /** What the resource is described by now: by it the next preview shows what `pulumi up` will set back. */
  inputs: Raw;
}

/**
 * Reads a cluster. Version, number of nodes and rates in the state are set to those of the cluster; other external changes
 * are listed in `drift`.
 *
 * Without a state, the cluster of that id is described as far as the plain properties allow: version, replicas, license, update.
 *
 * @param id `<namespace>/<name>`
 */
export async function read(id: string, raw: Raw): Promise<ReadResult> {
  const state = stateOf(raw);
  const [namespace, name] = id.split('/') as [string, string | undefined];
  if (!namespace || !name) throw new Error(`the id of a cluster is <namespace>/<name>, not ${id}`);
  const isKnown = state.name !== undefined;
  const link = await ClusterLink.open({ ...state, name, namespace });
  try {
    const { view, identity } = await recognise(link, state.identity);
    if (!view) return { id: '', props: {}, inputs: {} };
    const inputs = isKnown ? healed(state, view) : describedBy(view.resource, state);
    const props = { ...raw, ...inputs, ...seen(view, { ...marksOf(state), identity }, driftOf(inputs, view)) };
    return { id, props, inputs: shownInputs(inputs) };
  } finally {
    link.close();
  }
}

function healed(state: ClusterInputs, { resource: live }: ClusterView): ClusterInputs {
  const counts = (resource: EmqxResource) => {
    const { replicasOf, setKinds, withDefaults } = generationOf(resource);
    const complete = withDefaults(resource);
    return setKinds.map(({ role }) => ({ role, replicas: replicasOf(complete, role) }));
  };
  const known = counts(resourceOf(state));
  const { withReplicas } = typeOf(state);
  const scaled = counts(live)
    .filter(({ role, replicas }) => known.find((one) => one.role === role)?.replicas !== replicas)
    .reduce<ClusterInputs>((inputs, { role, replicas }) => withReplicas(inputs, role, replicas), state);
  return { ...scaled, version: versionOf(live), ...healedRates(state, live) } as ClusterInputs;
}

function healedRates({ blueGreenUpdate }: ClusterInputs, resource: EmqxResource) {
  const { connEvictRate, sessEvictRate, waitTakeover } = generationOf(resource).strategyOf(resource) ?? {};
  if (!blueGreenUpdate || connEvictRate === undefined || sessEvictRate === undefined || waitTakeover === undefined)
    return {};
  const evacuationStrategy = {
    connectionEvictionRate: connEvictRate,
    sessionEvictionRate: sessEvictRate,
    waitTakeoverSeconds: waitTakeover,
  };
  return { blueGreenUpdate: { ...blueGreenUpdate, evacuationStrategy } };
}

/**
 * The inputs for the engine to keep. It marks as secret what was secret among those it has; a kubeconfig that a failed operation has
 * brought is not among them, so a text is left out.
 */
function shownInputs(inputs: ClusterInputs): Raw {
  const { kubeconfig, ...others } = inputsOf(inputs as unknown as Raw);
  return { ...others, ...(kubeconfig !== undefined && !isKubeconfigText(kubeconfig) && { kubeconfig }) };
}

/** What differs from the properties; nothing during an upgrade, which changes the cluster on purpose. */
function driftOf(inputs: ClusterInputs, view: ClusterView): string[] {
  if (isOpen(view.journal)) return [];
  return targetOf(view, { desired: resourceOf(inputs) }).changes.map(({ path }) => `spec.${path}`);
}

function describedBy(resource: EmqxResource, connection: ClusterInputs): ClusterInputs {
  const type = typeOf(connection);
  const generation = generationOf(resource);
  const { name, namespace = 'default' } = resource.metadata;
  const complete = generation.withDefaults(resource);
  const licenseSecretName = type.licenseSecretOf(resource);
  const rates = generation.strategyOf(resource);
  const initialDelaySeconds = generation.delayOf(resource);
  const described = {
    ...connection,
    name,
    namespace,
    version: versionOf(resource),
    ...(licenseSecretName !== undefined && { licenseSecretName }),
    ...(rates && {
      blueGreenUpdate: {
        ...(initialDelaySeconds && { initialDelaySeconds }),
        evacuationStrategy: {
          connectionEvictionRate: rates.connEvictRate ?? 0,
          sessionEvictionRate: rates.sessEvictRate ?? 0,
          waitTakeoverSeconds: rates.waitTakeover ?? 0,
        },
      },
    }),
  } as ClusterInputs;
  return generation.setKinds
    .map(({ role }) => ({ role, replicas: generation.replicasOf(complete, role) }))
    .filter(({ role, replicas }) => role === 'core' || replicas > 0)
    .reduce((inputs, { role, replicas }) => type.withReplicas(inputs, role, replicas), described);
}
