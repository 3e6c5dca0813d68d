import { asEnterprise, DEFAULT_REPLICAS, type EmqxEnterprise, versionOf } from '../resource';
import type { ClusterView } from '../upgrade';
import { isOpen } from '../upgrade/journal';
import { targetOf } from '../upgrade/target';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { marksOf, recognise } from './identity';
import { type Raw, resourceOf } from './inputs';
import { ClusterLink } from './link';
import { type Seen, seen, stateOf } from './state';

/** The result of reading a resource; without an id it no longer exists. */
export interface ReadResult {
  id: string;
  props: Raw;
  inputs?: Raw;
}

/**
 * Reads a cluster. Version and number of nodes in the state are set to those of the cluster; other external changes
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
    if (!view) return { id: '', props: {} };
    const inputs = isKnown ? healed(state, view) : describedBy(asEnterprise(view.resource), state);
    const props = { ...raw, ...inputs, ...seen(view, { ...marksOf(state), identity }, driftOf(inputs, view)) };
    return { id, props, ...(!isKnown && { inputs: { ...inputs } }) };
  } finally {
    link.close();
  }
}

function healed(state: EmqxEnterpriseInputs & Partial<Seen>, { resource }: ClusterView): EmqxEnterpriseInputs {
  const replicas = asEnterprise(resource).spec.replicas ?? DEFAULT_REPLICAS;
  const isSame = (state.replicas ?? DEFAULT_REPLICAS) === replicas;
  return { ...state, version: versionOf(resource), ...(!isSame && { replicas }) };
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
    version: versionOf({ metadata, spec } as EmqxEnterprise),
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
