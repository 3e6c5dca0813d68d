import { SimulatedClock } from '../../src/simulator/clock';
import { InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { ObjectStore } from '../../src/simulator/kubernetes/object-store';
import { Random } from '../../src/simulator/random';
import { kubeApiContract } from './kube-api-contract';

describe('the simulated API server', () => {
  kubeApiContract(async () => {
    const clock = new SimulatedClock();
    const store = new ObjectStore(clock, new Random(1));
    return {
      api: new InMemoryKubeApi(clock, store),
      namespace: 'default',
      run: (test) => clock.run(test),
      expired: async () => {
        store.compact();
        return '0';
      },
    };
  });
});
