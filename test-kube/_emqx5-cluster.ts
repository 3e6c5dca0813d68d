import { App, Chart, Duration, Testing } from 'cdk8s';
import { EmqxCluster, MqttService, UpgradeAccess } from '../src';
import type { KubeObject } from '../src/kubernetes';
import { EMQX_KIND } from '../src/resource';
import { CONTAINERS_READY } from './_pod-runner';
import type { Target, UpgradeClusterOptions } from './_upgrade-cluster';

const NAME = 'emqx';

/** A cluster of EMQX 5 that is held, without replicants by default, behind a NodePort of its own, and the rights for its kind. */
export function emqx5({ cores, replicants = 0 }: { cores: number; replicants?: number }): Target {
  return {
    kind: EMQX_KIND,
    name: NAME,
    word: `emqx/${NAME}`,
    service: `${NAME}-mqtt`,
    serving: replicants || cores,
    managementPort: 18083,
    from: '5.8.8',
    to: '5.8.9',
    manifests: (namespace, options) => manifests(namespace, options, { cores, replicants }),
  };
}

function manifests(
  namespace: string,
  { version, rate, initialDelaySeconds }: UpgradeClusterOptions,
  { cores, replicants }: { cores: number; replicants: number },
): KubeObject[] {
  const chart = new Chart(new App(), 'chart', { namespace });
  const nodes = (replicas: number) => ({ replicas, podAnnotations: { [CONTAINERS_READY]: 'false' } });
  new EmqxCluster(chart, 'Cluster', {
    name: NAME,
    version,
    blueGreenUpdate: {
      initialDelay: Duration.seconds(initialDelaySeconds),
      evacuationStrategy: {
        connectionEvictionRate: rate,
        sessionEvictionRate: rate,
        waitTakeover: Duration.seconds(5),
      },
    },
    cores: nodes(cores),
    ...(replicants > 0 && { replicants: nodes(replicants) }),
    service: MqttService.nodePort({ mqtt: 'auto' }),
  });
  new UpgradeAccess(chart, 'Access', { kinds: [EMQX_KIND], clusters: [NAME] });
  return Testing.synth(chart) as KubeObject[];
}
