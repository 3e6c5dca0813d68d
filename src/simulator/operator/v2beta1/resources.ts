import type { KubeObject } from '../../../kubernetes/kube-api';
import { namesOf } from '../../../resource';
import type { Service, ServicePort } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { failing } from '../failure';
import { createOrUpdate } from '../owned-object';
import { isTrue } from './conditions';
import { hasReplicants, type ServiceTemplate } from './emqx';
import { successful } from './emqx-answers';
import type { EmqxPass } from './pass';
import { dashboardPorts, listenerPorts, withoutClashes } from './ports';
import { core, labelsOf, type Role, replicant } from './roles';

/** What EMQX listens on when it tells of nothing else. */
const defaultListeners: ServicePort[] = Object.entries({ tcp: 1883, ssl: 8883, ws: 8083, wss: 8084 }).map(
  ([type, port]) => ({ name: `${type}-default`, protocol: 'TCP', port, targetPort: port }),
);

/** The Service that the cores find each other by: ready or not. */
export async function addHeadlessService(pass: EmqxPass): Promise<void> {
  const ports = Object.entries({ 'erlang-dist': 4370, 'gen-rpc': 5369 });
  const service: Service = {
    ...kinds.service,
    metadata: pass.owned(namesOf(pass.instance.metadata.name).headlessService, ownLabels(pass)),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      sessionAffinity: 'None',
      publishNotReadyAddresses: true,
      selector: labelsOf(pass.instance, core),
      ports: ports.map(([name, port]) => ({ name, port, protocol: 'TCP', targetPort: port })),
    },
  };
  await createOrUpdate(pass, service).catch(failing('failed to create or update services'));
}

/** A disruption budget for the cores and one for the replicants, each over old and new sets. */
export async function addDisruptionBudgets(pass: EmqxPass): Promise<void> {
  const roles = hasReplicants(pass.instance) ? [core, replicant] : [core];
  for (const role of roles) {
    await createOrUpdate<KubeObject>(pass, budgetOf(pass, role)).catch(failing('failed to create or update PDBs'));
  }
}

function budgetOf(pass: EmqxPass, role: Role): KubeObject & { spec: object } {
  const template = role.templateOf(pass.instance);
  const { minAvailable, maxUnavailable }: Record<string, unknown> = template?.spec ?? {};
  const matchLabels = { ...template?.metadata?.labels, ...labelsOf(pass.instance, role) };
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: pass.owned(`${pass.instance.metadata.name}-${role.name}`, ownLabels(pass)),
    spec: { selector: { matchLabels }, minAvailable, maxUnavailable },
  };
}

/**
 * The Services of dashboard and listeners, with the ports of EMQX's own configuration besides those of the template, once the
 * cores are ready. Selectors are overwritten, and name no set: before Available they lead to blue and green nodes.
 *
 * The listeners' Service leads to replicants when any node of that role runs, else to cores: also when the list of nodes could
 * not be read.
 */
export async function addServices(pass: EmqxPass): Promise<void> {
  const { emqx, signal } = pass.options;
  if (!emqx || !isTrue(pass.status, 'CoreNodesReady')) return;
  const path = 'api/v5/configs';
  const config = await emqx
    .any('GET', path, undefined, signal, { accept: 'text/plain' })
    .then((answer) => successful(answer, path).body)
    .catch(failing('failed to get emqx configs by api'));
  const { dashboardServiceTemplate, listenersServiceTemplate } = pass.instance.spec;
  const running = pass.status.replicantNodesStatus?.readyReplicas ?? 0;
  const role = hasReplicants(pass.instance) && running > 0 ? replicant : core;
  const listeners = listenerPorts(config);
  for (const service of [
    serviceOf(pass, 'dashboard', core, dashboardServiceTemplate, dashboardPorts(config)),
    serviceOf(pass, 'listeners', role, listenersServiceTemplate, listeners.length > 0 ? listeners : defaultListeners),
  ]) {
    if (service) await createOrUpdate(pass, service).catch(failing('failed to create or update services'));
  }
}

/** A Service that is not enabled is not deleted either. */
function serviceOf(
  pass: EmqxPass,
  name: string,
  role: Role,
  { enabled = true, metadata, spec }: ServiceTemplate = {},
  ports: ServicePort[],
): Service | undefined {
  if (!enabled || ports.length === 0) return undefined;
  const { ports: given = [], ...fields } = (spec ?? {}) as Partial<Service['spec']>;
  const labels = { ...metadata?.labels, ...labelsOf(pass.instance) };
  return {
    ...kinds.service,
    metadata: pass.owned(`${pass.instance.metadata.name}-${name}`, labels, metadata?.annotations),
    spec: { ...fields, ports: withoutClashes([...given, ...ports]), selector: labelsOf(pass.instance, role) },
  };
}

/** The labels of what the operator makes: its own, and those of the resource. */
export function ownLabels(pass: EmqxPass): Record<string, string> {
  return { ...pass.instance.metadata.labels, ...labelsOf(pass.instance) };
}
