import { asEnterprise, DEFAULT_REPLICAS, type EmqxEnterprise, KIND, versionOf } from '../resource';
import type { ClusterView } from '../upgrade';
import { isOpen } from '../upgrade/journal';
import { targetOf } from '../upgrade/target';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { marksOf, recognise } from './identity';
import { inputsOf, type Raw, resourceOf } from './inputs';
import { ClusterLink, isKubeconfigText } from './link';
import { type Seen, seen, stateOf } from './state';

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
    const inputs = isKnown ? healed(state, view) : describedBy(asEnterprise(view.resource), state);
    const props = { ...raw, ...inputs, ...seen(view, { ...marksOf(state), identity }, driftOf(inputs, view)) };
    return { id, props, inputs: shownInputs(inputs) };
  } finally {
    link.close();
  }
}

function healed(state: EmqxEnterpriseInputs & Partial<Seen>, { resource }: ClusterView): EmqxEnterpriseInputs {
  const replicas = asEnterprise(resource).spec.replicas ?? DEFAULT_REPLICAS;
  const isSame = (state.replicas ?? DEFAULT_REPLICAS) === replicas;
  return {
    ...state,
    version: versionOf(resource),
    ...(!isSame && { replicas }),
    ...healedRates(state, asEnterprise(resource)),
  };
}

function healedRates({ blueGreenUpdate }: EmqxEnterpriseInputs, { spec }: EmqxEnterprise) {
  const { connEvictRate, sessEvictRate, waitTakeover } = spec.blueGreenUpdate?.evacuationStrategy ?? {};
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
function shownInputs(inputs: EmqxEnterpriseInputs): Raw {
  const { kubeconfig, ...others } = inputsOf(inputs as unknown as Raw);
  return { ...others, ...(kubeconfig !== undefined && !isKubeconfigText(kubeconfig) && { kubeconfig }) };
}

/** What differs from the properties; nothing during an upgrade, which changes the cluster on purpose. */
function driftOf(inputs: EmqxEnterpriseInputs, view: ClusterView): string[] {
  if (isOpen(view.journal)) return [];
  return targetOf(view, { desired: resourceOf(inputs) }).changes.map(({ path }) => `spec.${path}`);
}

function describedBy({ metadata, spec }: EmqxEnterprise, connection: EmqxEnterpriseInputs): EmqxEnterpriseInputs {
  const { initialDelaySeconds, evacuationStrategy } = spec.blueGreenUpdate ?? {};
  const { connEvictRate = 0, sessEvictRate = 0, waitTakeover = 0 } = evacuationStrategy ?? {};
  return {
    ...connection,
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    version: versionOf({ kind: KIND, metadata, spec } as EmqxEnterprise),
    replicas: spec.replicas ?? DEFAULT_REPLICAS,
    ...(spec.license?.secretName !== undefined && { licenseSecretName: spec.license.secretName }),
    ...(spec.blueGreenUpdate && {
      blueGreenUpdate: {
        ...(initialDelaySeconds && { initialDelaySeconds }),
        evacuationStrategy: {
          connectionEvictionRate: connEvictRate,
          sessionEvictionRate: sessEvictRate,
          waitTakeoverSeconds: waitTakeover,
        },
      },
    }),
  };
}
