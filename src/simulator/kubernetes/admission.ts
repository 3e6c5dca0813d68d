import { type KindRef, KubeApiError, type KubeObject } from '../../kubernetes/kube-api';
import type { Pod, ReplicaSet, Secret, Service, ServicePort, StatefulSet } from './core-types';
import { equal } from './json';
import { kindKey, kinds } from './kinds';
import { admitPod, type ResourceQuota } from './quota';

const nodePorts = { first: 30000, last: 32767 };

/** Fields of a stateful set's spec that may change after its creation. */
const mutable = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);

/**
 * What the API server adds to the core kinds before it stores them, and what it refuses: defaults, cluster IPs and node
 * ports of Services, `stringData` of Secrets, the immutable fields of stateful sets, quotas of pods.
 */
export class Admission {
  private addresses = 0;

  /** @param all lists the objects of a kind: Services, whose node ports are taken, quotas, and pods that use them. */
  constructor(private readonly all: <T extends KubeObject>(kind: KindRef) => T[]) {}

  /** Completes `object`, which may be changed in place. @throws KubeApiError `Invalid` */
  admit(object: KubeObject, previous: KubeObject | undefined): void {
    switch (kindKey(object)) {
      case 'v1/Secret':
        this.secret(object as Secret);
        break;
      case 'v1/Service':
        this.service(object as Service, previous as Service | undefined);
        break;
      case 'v1/Pod':
        this.pod(object as Pod, previous);
        break;
      case 'apps/v1/StatefulSet':
        this.statefulSet(object as StatefulSet, previous as StatefulSet | undefined);
        break;
      case 'apps/v1/ReplicaSet':
        this.replicaSet(object as ReplicaSet, previous as ReplicaSet | undefined);
        break;
    }
  }

  private secret(secret: Secret): void {
    for (const [key, value] of Object.entries(secret.stringData ?? {})) {
      secret.data = { ...secret.data, [key]: Buffer.from(value).toString('base64') };
    }
    delete secret.stringData;
  }

  private pod(pod: Pod, previous: KubeObject | undefined): void {
    const quotas = previous ? [] : this.all<ResourceQuota>(kinds.quota);
    if (quotas.length > 0) admitPod(pod, quotas, this.all<Pod>(kinds.pod));
    pod.spec.terminationGracePeriodSeconds ??= 30;
    pod.status ??= { phase: 'Pending' };
  }

  private statefulSet(set: StatefulSet, previous: StatefulSet | undefined): void {
    completeReplicas(set);
    if (!previous) return;
    const [now, before] = [set.spec, previous.spec].map((spec) =>
      Object.fromEntries(Object.entries(spec).filter(([field]) => !mutable.has(field))),
    );
    if (!equal(now, before)) {
      throw invalid(set, "spec: Forbidden: updates to fields other than 'replicas' and 'template' are forbidden");
    }
  }

  private replicaSet(set: ReplicaSet, previous: ReplicaSet | undefined): void {
    completeReplicas(set);
    if (previous && !equal(set.spec.selector, previous.spec.selector)) {
      throw invalid(set, 'spec.selector: Invalid value: field is immutable');
    }
  }

  private service(service: Service, previous: Service | undefined): void {
    const { spec } = service;
    spec.type ??= 'ClusterIP';
    spec.clusterIP ??= previous?.spec.clusterIP;
    if (spec.clusterIP === undefined && spec.type !== 'ExternalName') {
      this.addresses++;
      spec.clusterIP = `10.96.${this.addresses >> 8}.${this.addresses & 255}`;
    }
    for (const port of spec.ports ?? []) {
      port.protocol ??= 'TCP';
      port.targetPort ??= port.port;
    }
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') this.assignNodePorts(service, previous);
    else for (const port of spec.ports ?? []) delete port.nodePort;
  }

  private assignNodePorts(service: Service, previous: Service | undefined): void {
    const ports = service.spec.ports ?? [];
    // A port that is written again without a node port keeps the one it has; new ports choose after that.
    for (const port of ports) port.nodePort ??= previous?.spec.ports?.find((old) => samePort(old, port))?.nodePort;
    const others = this.all<Service>(kinds.service).filter(({ metadata }) => metadata.uid !== service.metadata.uid);
    for (const port of ports) {
      const rivals = [...others.flatMap((other) => other.spec.ports ?? []), ...ports.filter((other) => other !== port)];
      const taken = new Set(
        rivals.filter(({ protocol }) => protocol === port.protocol).map(({ nodePort }) => nodePort),
      );
      if (port.nodePort === undefined) {
        port.nodePort = nodePorts.first;
        while (taken.has(port.nodePort)) port.nodePort++;
      }
      if (port.nodePort < nodePorts.first || port.nodePort > nodePorts.last) {
        throw invalid(service, `spec.ports.nodePort: Invalid value: ${port.nodePort}: not in the range 30000-32767`);
      }
      if (taken.has(port.nodePort)) {
        throw invalid(
          service,
          `spec.ports.nodePort: Invalid value: ${port.nodePort}: provided port is already allocated`,
        );
      }
    }
  }
}

function completeReplicas(set: StatefulSet | ReplicaSet): void {
  set.spec.replicas ??= 1;
  if (!Number.isInteger(set.spec.replicas) || set.spec.replicas < 0) {
    throw invalid(set, `spec.replicas: Invalid value: ${set.spec.replicas}: must be greater than or equal to 0`);
  }
}

function samePort(a: ServicePort, b: ServicePort): boolean {
  return a.port === b.port && a.protocol === b.protocol;
}

function invalid(object: KubeObject, problem: string): KubeApiError {
  return new KubeApiError(422, 'Invalid', `${object.kind} "${object.metadata.name}" is invalid: ${problem}`);
}
