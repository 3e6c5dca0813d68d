import type { KubeObject } from '../../../kubernetes/kube-api';
import type { Endpoints, Pod, Service, ServicePort } from '../../kubernetes/core-types';
import { conditionOf } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { failing } from '../failure';
import { createOrUpdate } from '../owned-object';
import { readListeners } from './emqx-answers';
import type { Pass } from './pass';

/**
 * Step 6: the Service of the custom resource, without a selector, and its Endpoints: every pod of the cluster that is Ready
 * now, old and new ones alike.
 */
export async function addListener(pass: Pass): Promise<void> {
  const { api, signal } = pass.options;
  const pods = await api.list<Pod>({ namespace: pass.namespace, labels: pass.labels, ...kinds.pod }, signal);
  const ready = pods.items.filter((pod) => conditionOf(pod, 'Ready') === 'True');
  if (ready.length === 0) return;
  const service = serviceOf(pass, await listenerPorts(pass).catch(() => []));
  if ((service.spec.ports ?? []).length === 0) return;
  for (const object of [endpointsOf(service, ready), service]) {
    await createOrUpdate<KubeObject>(pass, object).catch(
      failing('failed to create or update listener service and endpoints'),
    );
  }
}

function serviceOf(pass: Pass, listeners: ServicePort[]): Service {
  const { metadata, spec = {} } = pass.instance.spec.serviceTemplate ?? {};
  const { selector: _, ports = [], ...rest } = spec;
  const { ownerReferences = [], namespace = 'default' } = pass.owned('');
  return {
    ...kinds.service,
    metadata: {
      name: metadata?.name ?? pass.instance.metadata.name,
      namespace,
      ...(metadata?.labels && { labels: metadata.labels }),
      ...(metadata?.annotations && { annotations: metadata.annotations }),
      ownerReferences,
    },
    spec: { ...rest, ports: withoutClashes([...ports, ...listeners]) },
  };
}

function endpointsOf(service: Service, pods: Pod[]): Endpoints {
  return {
    ...kinds.endpoints,
    metadata: service.metadata,
    subsets: [
      {
        addresses: pods.map(({ metadata, spec, status }) => ({
          ip: status?.podIP ?? '',
          ...(spec.nodeName !== undefined && { nodeName: spec.nodeName }),
          targetRef: {
            kind: 'Pod',
            namespace: metadata.namespace ?? 'default',
            name: metadata.name,
            uid: metadata.uid as string,
          },
        })),
        ports: (service.spec.ports ?? []).map(({ name, port, protocol = 'TCP' }) => ({
          ...(name !== undefined && { name }),
          port,
          protocol,
        })),
      },
    ],
  };
}

/** The ports of the listeners that two neighbours in EMQX's answer share; the last pair decides, as in the operator. */
async function listenerPorts(pass: Pass): Promise<ServicePort[]> {
  const { emqx, signal } = pass.options;
  const nodes = readListeners((await emqx.any('GET', 'api/v4/listeners', undefined, signal)).body);
  const [before, last] = [nodes.at(-2), nodes.at(-1) ?? []];
  const shared = before ? last.filter(({ listenOn }) => before.some((other) => other.listenOn === listenOn)) : last;
  return shared.map(({ protocol, listenOn }) => {
    const port = listenOn.slice(listenOn.lastIndexOf(':') + 1);
    return {
      name: `${protocol.replace(/:\d+/g, '').replaceAll(':', '-')}-${port}`,
      protocol: /udp|dtls|sn/.test(protocol) ? 'UDP' : 'TCP',
      port: Number(port) || 0,
      targetPort: Number(port) || 0,
    };
  });
}

/** The first of a name or number stays. */
function withoutClashes(ports: ServicePort[]): ServicePort[] {
  return ports.filter((port, index) => {
    const earlier = ports.slice(0, index);
    return !earlier.some((other) => (other.name ?? '') === (port.name ?? '') || other.port === port.port);
  });
}
