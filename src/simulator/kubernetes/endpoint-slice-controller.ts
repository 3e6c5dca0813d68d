import type { SimulatedClock } from '../clock';
import { Coalesced } from './coalesced';
import {
  conditionOf,
  type Endpoint,
  type EndpointAddress,
  type EndpointSlice,
  type Endpoints,
  type Pod,
  type Service,
  type ServicePort,
} from './core-types';
import { equal } from './json';
import { kinds } from './kinds';
import { type ObjectStore, refOf } from './object-store';
import { templateHash } from './revision-hash';

/** Milliseconds between a change and the controller's answer. */
const reactionMs = 100;

const serviceLabel = 'kubernetes.io/service-name';
const managerLabel = 'endpointslice.kubernetes.io/managed-by';

/**
 * The EndpointSlice controller and its sibling that mirrors Endpoints: one slice for each Service.
 *
 * - With a selector: the pods that match, have an address and have not ended. `ready` = Ready and not being deleted;
 *   `publishNotReadyAddresses` makes all of them ready.
 * - Without: the addresses of the Endpoints object of the same name, as they are written there.
 */
export class EndpointSliceController {
  private readonly work: Coalesced;

  constructor(
    clock: SimulatedClock,
    private readonly store: ObjectStore,
  ) {
    this.work = new Coalesced(clock, reactionMs, () => this.sync());
    const relevant = new Set(['Service', 'Endpoints', 'Pod', 'EndpointSlice']);
    store.subscribe(({ object }) => {
      if (relevant.has(object.kind)) this.work.request();
    });
  }

  private sync(): void {
    for (const service of this.store.all<Service>(kinds.service)) {
      if (!service.metadata.deletionTimestamp) this.reconcile(service);
    }
  }

  private reconcile(service: Service): void {
    const { namespace, name } = refOf(service);
    const endpoints = this.store.find<Endpoints>({ namespace, name, ...kinds.endpoints });
    const selected = Object.keys(service.spec.selector ?? {}).length > 0;
    const wanted = selected ? this.select(service) : endpoints && this.mirror(service, endpoints);
    const ref = { ...kinds.endpointSlice, namespace, name: `${name}-${templateHash(name).slice(0, 5)}` };
    const stored = this.store.find<EndpointSlice>(ref);
    if (!wanted) {
      if (stored) this.store.delete(ref);
    } else if (stored) {
      if (equal(stored, { ...stored, ...wanted })) return;
      this.store.update<EndpointSlice>(ref, (draft) => ({ ...draft, ...wanted }));
    } else {
      this.store.create<EndpointSlice>({
        ...kinds.endpointSlice,
        metadata: {
          name: ref.name,
          namespace,
          labels: {
            [serviceLabel]: name,
            [managerLabel]: selected ? 'endpointslice-controller.k8s.io' : 'endpointslicemirroring-controller.k8s.io',
          },
          ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid: service.metadata.uid!, controller: true }],
        },
        ...wanted,
      });
    }
  }

  private select(service: Service): SliceBody {
    const { selector = {}, ports = [], publishNotReadyAddresses = false } = service.spec;
    const pods = this.store
      .list<Pod>({ namespace: refOf(service).namespace, labels: selector, ...kinds.pod })
      .filter(({ status }) => status?.podIP && status.phase !== 'Succeeded' && status.phase !== 'Failed');
    const endpoints = pods.map((pod): Endpoint => {
      const serving = conditionOf(pod, 'Ready') === 'True';
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      const ready = publishNotReadyAddresses || (serving && !terminating);
      return {
        addresses: [pod.status?.podIP as string],
        conditions: { ready, serving: publishNotReadyAddresses || serving, terminating },
        targetRef: {
          kind: 'Pod',
          namespace: refOf(pod).namespace,
          name: pod.metadata.name,
          uid: pod.metadata.uid as string,
        },
        ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
      };
    });
    return { addressType: 'IPv4', endpoints, ports: ports.flatMap((port) => resolve(port, pods[0])) };
  }

  private mirror(service: Service, { subsets = [] }: Endpoints): SliceBody {
    const endpoint = (ready: boolean) => (address: EndpointAddress) => {
      const { ip, nodeName, targetRef } = address;
      const conditions = { ready, serving: ready, terminating: false };
      return { addresses: [ip], conditions, ...(nodeName && { nodeName }), ...(targetRef && { targetRef }) };
    };
    return {
      addressType: 'IPv4',
      endpoints: subsets.flatMap(({ addresses = [], notReadyAddresses = [] }) => [
        ...addresses.map(endpoint(true)),
        ...notReadyAddresses.map(endpoint(false)),
      ]),
      ports: (subsets[0]?.ports ?? service.spec.ports ?? []).map(({ name, port, protocol = 'TCP' }) => {
        return { port, protocol, ...(name !== undefined && { name }) };
      }),
    };
  }
}

type SliceBody = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>;

/** The number of a target port; none while no pod defines the name. */
function resolve({ name, protocol = 'TCP', port, targetPort = port }: ServicePort, pod: Pod | undefined) {
  const containerPorts = pod?.spec.containers.flatMap((container) => container.ports ?? []) ?? [];
  const number =
    typeof targetPort === 'number'
      ? targetPort
      : containerPorts.find((candidate) => candidate.name === targetPort)?.containerPort;
  return number === undefined ? [] : [{ port: number, protocol, ...(name !== undefined && { name }) }];
}
