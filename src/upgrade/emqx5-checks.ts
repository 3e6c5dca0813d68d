import { coerce, gte } from 'semver';
import {
  DEFAULT_CLUSTER_DOMAIN,
  EMQX_V2_API_VERSION,
  generationOf,
  MAX_CORES,
  ONE_EDITION,
  versionOf,
} from '../resource';
import { blocker, type CheckGroup, type Finding, ok, warning } from './check';
import type { Emqx5Facts } from './emqx5-facts';
import { isOpen } from './journal';
import { sumOf } from './known-load';
import { nodesWanted, type Observation } from './observation';
import { servedVersion } from './served-version';
import { setsBeside } from './set-status';
import type { Target } from './target';
import { type VersionStep, versionSteps } from './version-steps';

type Emqx5Check = (observation: Observation, target: Target, facts: Emqx5Facts) => Finding;

/** For how long nodes count a session that has moved, s: they refresh the count of the cluster as often. Measured with 6.2.0 */
const COUNTED_S = 5;

/** The checks of clusters of EMQX 5 and 6, beside those of every cluster. */
export const EMQX5_CHECKS: Partial<Record<CheckGroup, Record<string, Emqx5Check>>> = {
  cluster: {
    cores({ cluster: { resource } }, { live, desired }) {
      if (resource.kind !== 'EMQX') return undefined;
      const cores = Math.max(...[live, desired].map((each) => generationOf(each).replicasOf(each, 'core')));
      const { clusterDomain = DEFAULT_CLUSTER_DOMAIN } = resource.spec;
      if (cores > MAX_CORES) {
        return blocker(
          `${cores} cores: operator 2.2 mistakes node 10 for one of pod 1, and never reports the cluster Ready`,
          `use at most ${MAX_CORES} cores, and replicants for more devices`,
        );
      }
      // Operator 2.3 finds cores by the names of their pods.
      if (clusterDomain !== DEFAULT_CLUSTER_DOMAIN && resource.apiVersion !== EMQX_V2_API_VERSION) {
        return blocker(
          `the domain of the Kubernetes cluster is ${clusterDomain}: operator 2.2 looks for cores in cluster.local, finds none, and removes them with all devices`,
          'create the cluster again without spec.clusterDomain, if the nodes can be reached under cluster.local',
        );
      }
      return undefined;
    },
  },

  nodes: {
    'node-license'(observation, target, { license }) {
      const versions = [servedVersion(observation), versionOf(target.desired)].map((version) => coerce(version));
      if (!versions.some((version) => version && gte(version, ONE_EDITION))) return undefined;
      if (license?.type === undefined) {
        return warning(
          'which license the nodes have is unknown',
          'make sure that it is no community license: that one allows a single node, and the new nodes would not start',
        );
      }
      if (license.type === 'community') {
        return blocker(
          'the community license allows one node: a second one ends its start with SINGLE_NODE_LICENSE',
          'give every node a license before the upgrade: `license` of EmqxCluster, or EMQX_LICENSE__KEY in both templates',
        );
      }
      if (license.isExpired) return warning('the license has expired', 'renew it before devices have to reconnect');
      return ok(`license: ${license.type}`);
    },

    'devices-on-cores'(observation, target) {
      const { connections: devices } = sumOf(setsBeside(observation), observation.at);
      if (isOpen(observation.cluster.journal) || devices === 0) return undefined;
      if (devices === null) return warning('how many devices are connected to the cores is unknown', 'see `nodes`');
      const seconds = Math.ceil(devices / target.caps.connections);
      return warning(
        `${devices} devices are connected to cores, not to replicants: they are moved after those, which takes about ${seconds} s more`,
        'let the Service lead to the replicants alone (construct: service), so that the cores have no devices',
      );
    },

    sessions(observation, target, { license }) {
      const most = license?.maxSessions;
      const nodes = [...observation.nodes.values()];
      if (most === undefined || nodes.some(({ unreachable }) => unreachable !== undefined)) return undefined;
      const sessions = nodes.reduce((sum, node) => sum + node.sessions, 0);
      const text = `${sessions} of ${most} licensed sessions in use`;
      if (sessions > most - target.caps.connections * COUNTED_S) {
        return warning(
          text,
          `new clients without a session are refused for some seconds (reason 0x97) while old ones are still counted: lower the rate, or extend the license`,
        );
      }
      return ok(text);
    },

    balancing({ cluster }, _target, { balancing = [] }) {
      // Evacuations are what `nodes` reports.
      const others = balancing.filter(({ kind }) => kind !== 'evacuation');
      if (others.length === 0 || isOpen(cluster.journal)) return undefined;
      const names = others.map(({ kind, node }) => `${kind}${node ? ` on ${node}` : ''}`).join(', ');
      return blocker(
        `sessions are moved by something else: ${names}`,
        'wait for its end, or stop it: emqx ctl rebalance stop',
      );
    },

    'durable-storage'(_observation, _target, { storages }) {
      if (storages === undefined) {
        return warning(
          'whether sessions are durable is unknown',
          'make sure that GET /api/v5/ds/storages of every node answers: the upgrade moves their data before an old core goes, and waits for that',
        );
      }
      const shards = storages.flatMap((storage) => storage.shards);
      if (shards.length === 0) return undefined;
      const broken = shards.filter(({ replicas }) => !replicas.some((replica) => replica.status === 'up'));
      if (broken.length > 0) {
        return blocker(
          `${broken.length} of ${shards.length} shards of durable storage have no replica that is up`,
          'start the cores that have them: their data cannot be moved, and are lost with their last core',
        );
      }
      return ok(`${shards.length} shards of durable storage are moved to the new cores`);
    },
  },

  change: {
    'version-step'(observation, target, { storages = [] }) {
      const isDurable = storages.some(({ shards }) => shards.length > 0);
      const steps = versionSteps(servedVersion(observation), versionOf(target.desired));
      const known = steps.filter((step) => !step.durable || isDurable).map((step) => accepted(step, target));
      const stops = known.filter(({ status }) => status === 'blocker');
      const told = stops.length > 0 ? stops : known;
      if (told.length === 0) return undefined;
      const finding = told.map((step) => step.finding).join('; ');
      const fix = told.map((step) => step.fix).join('; ');
      return stops.length > 0 ? blocker(finding, fix) : warning(finding, fix);
    },

    'operator-alone'({ cluster: { resource } }, { driver, acceptLoss }, { storages = [], sleepers }) {
      if (driver === 'pilot') return undefined;
      const cores = storages.some(({ shards }) => shards.length > 0);
      if (cores) {
        const finding =
          'left alone, the operator removes cores with the data of durable sessions on them: messages are acknowledged, and lost';
        const fix = 'use the pilot driver, or accept the loss explicitly';
        return acceptLoss ? warning(finding, 'use the pilot driver') : blocker(finding, fix);
      }
      if (sleepers) {
        return blocker(
          `${sleepers} durable sessions of offline devices: the operator alone waits for them forever`,
          'use the pilot driver',
        );
      }
      return warning(
        `left alone, the operator empties one of ${nodesWanted(resource)} nodes after the other, and idles for 60 s at each: no session is lost, but time`,
        'use the pilot driver',
      );
    },
  },
};

function accepted(step: VersionStep, { acceptLoss }: Target): VersionStep {
  return step.durable && acceptLoss ? { ...step, status: 'warning' } : step;
}
