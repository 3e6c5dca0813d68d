import { Config } from '@pulumi/pulumi';
import { EmqxEnterprise } from 'emqx-blue-green/pulumi';

// The cluster of the operator's blue-green tutorial, in the cluster that kubectl would ask. Its Service is the operator's own, as
// it is there: so nothing but this one provider is needed, and the sandbox will do.
const cluster = new EmqxEnterprise('emqx-ee', {
  name: 'emqx-ee',
  version: new Config().require('version'),
  replicas: 3,
  blueGreenUpdate: {
    initialDelaySeconds: 5,
    evacuationStrategy: { connectionEvictionRate: 10, sessionEvictionRate: 10, waitTakeoverSeconds: 5 },
  },
  exposure: 'operator',
  service: { type: 'NodePort', mqtt: 32010 },
});

export const { phase, nodes } = cluster;
export const lastUpgrade = cluster.lastUpgrade.apply((last) => last ?? 'none');
