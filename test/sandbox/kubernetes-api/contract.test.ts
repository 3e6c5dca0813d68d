import { API_VERSION, KIND } from '../../../src/resource';
import { kubeApiContract } from '../../kubernetes/kube-api-contract';
import { cleanup, served } from './_served';

afterEach(() => cleanup.run());

/** The contract is that of an API server alone: the operator's webhooks would copy labels of a resource into its spec. */
describe("the sandbox's API server without the operator's webhooks", () => {
  kubeApiContract(async () => {
    const { client, store } = await served();
    store.setWebhook({ apiVersion: API_VERSION, kind: KIND }, () => undefined);
    return {
      api: client,
      namespace: 'default',
      run: (test) => test(),
      expired: async () => {
        store.compact();
        return '1';
      },
    };
  });
});
