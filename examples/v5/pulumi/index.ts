import { Config } from '@pulumi/pulumi';
import { Emqx } from 'emqx-blue-green/pulumi';

// EMQX 5 in its smallest form: three cores, in the cluster that kubectl would ask. Its Service is the operator's own: so nothing but
// this one provider is needed, and the sandbox will do.
const cluster = new Emqx('emqx', {
  name: 'emqx',
  version: new Config().require('version'),
  blueGreenUpdate: {
    initialDelaySeconds: 5,
    evacuationStrategy: { connectionEvictionRate: 10, sessionEvictionRate: 10, waitTakeoverSeconds: 5 },
  },
  cores: { replicas: 3 },
  exposure: 'operator',
  service: { type: 'NodePort', mqtt: 32010 },
});

export const { phase, nodes } = cluster;
export const lastUpgrade = cluster.lastUpgrade.apply((last) => last ?? 'none');
