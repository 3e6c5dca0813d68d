import type { SimulatedClock } from '../clock';
import type { Random } from '../random';
import { EndpointSliceController } from './endpoint-slice-controller';
import { EventExpiry } from './event-expiry';
import { GarbageCollector } from './garbage-collector';
import { InMemoryKubeApi, type InMemoryKubeApiOptions } from './in-memory-api';
import { Kubelet } from './kubelet';
import { ObjectStore } from './object-store';
import type { PodRuntime } from './pod-runtime';
import { QuotaController } from './quota-controller';
import { ReplicaSetController } from './replica-set-controller';
import { StatefulSetController } from './stateful-set-controller';

/** A whole simulated cluster: API server, controllers and one kubelet. What its pods do is the runtime's business. */
export class SimulatedKubernetes {
  /** For code inside of the simulated world. */
  readonly store: ObjectStore;
  /** For code that could as well talk to a real cluster. */
  readonly api: InMemoryKubeApi;

  constructor(clock: SimulatedClock, random: Random, runtime: PodRuntime, options: InMemoryKubeApiOptions = {}) {
    this.store = new ObjectStore(clock, random.fork('uids'));
    this.api = new InMemoryKubeApi(clock, this.store, options);
    new StatefulSetController(clock, this.store);
    new ReplicaSetController(clock, this.store, random.fork('replica sets'));
    new EndpointSliceController(clock, this.store);
    new GarbageCollector(clock, this.store);
    new QuotaController(clock, this.store);
    new EventExpiry(clock, this.store);
    new Kubelet(clock, this.store, random.fork('kubelet'), runtime);
  }
}
