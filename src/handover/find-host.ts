import type { KubeApi } from '../kubernetes';
import type { ConfigMap } from '../kubernetes/core-objects';
import type { ClusterRef } from '../resource';
import { otherKeysIn, POLICY_KEY, type PolicyReading, RUNNER_NAME, readPolicy } from '../resource/runner-policy';
import { BlockedError, type Clock } from '../upgrade';
import { LEASE_SILENT_MS } from '../upgrade/lease-silence';
import { findRunner, type RunnerLease, runnerLeasesIn } from './find-runner';
import { type Objection, objectionsTo, type RunToCome } from './objections';

/** What drives a run inside the cluster: a runner, or a Job of its own with this image. */
export type RunHost = { kind: 'runner'; namespace: string } | { kind: 'job'; image: string };

export interface HostSearch {
  api: KubeApi;
  clock: Clock;
  cluster: ClusterRef;
  /** Of the runner. @default - any runner that upgrades clusters of this namespace */
  runnerNamespace?: string | undefined;
  /** Of a Job, where there is no runner that lives. @default - without a runner there is nothing */
  image?: string | undefined;
  /** The run that is to begin; undefined for one that has begun. */
  run: RunToCome | undefined;
}

const POLL_MS = 1_000;

/**
 * Finds what is to drive a run in the cluster. Writes nothing.
 *
 * Whether a runner lives is judged by the changes of its lease that are seen, not by comparing the clocks of two machines: that takes up
 * to 10 s, and 35 s for one that is gone.
 *
 * @throws BlockedError with everything for which nothing would drive it
 */
export async function findHost(search: HostSearch, signal?: AbortSignal): Promise<RunHost> {
  const { cluster, runnerNamespace, image, run, clock } = search;
  const lease = await findRunner(search.api, cluster.namespace, runnerNamespace, signal);
  if (!lease) {
    if (image !== undefined && runnerNamespace === undefined) return { kind: 'job', image };
    throw blocked([noRunner(cluster, runnerNamespace)]);
  }
  const namespace = lease.metadata.namespace ?? '';
  const [isAlive, policy] = await Promise.all([lives(search, lease, signal), policyOf(search.api, namespace, signal)]);
  const objections = objectionsTo(policy, run, clock.now());
  if (!isAlive && (image === undefined || objections.length > 0)) objections.unshift(silent(namespace));
  if (objections.length > 0) throw blocked(objections);
  return isAlive || image === undefined ? { kind: 'runner', namespace } : { kind: 'job', image };
}

async function lives({ api, clock }: HostSearch, first: RunnerLease, signal?: AbortSignal): Promise<boolean> {
  const { namespace = '' } = first.metadata;
  const until = clock.now() + LEASE_SILENT_MS;
  while (clock.now() < until) {
    await clock.sleep(POLL_MS, signal);
    const [lease] = await runnerLeasesIn(api, namespace, signal);
    if (lease?.spec?.holderIdentity && renewal(lease) !== renewal(first)) return true;
  }
  return false;
}

function renewal({ spec }: RunnerLease): string {
  return `${spec?.holderIdentity} ${spec?.renewTime}`;
}

async function policyOf(api: KubeApi, namespace: string, signal?: AbortSignal): Promise<PolicyReading> {
  const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: RUNNER_NAME };
  const { items } = await api.list<ConfigMap>(query, signal);
  const data = items[0]?.data ?? {};
  return readPolicy(data[POLICY_KEY], otherKeysIn(data));
}

function noRunner({ namespace, name }: ClusterRef, runnerNamespace: string | undefined): Objection {
  const where = runnerNamespace === undefined ? 'found' : `found in the namespace ${runnerNamespace}`;
  return {
    finding: `no runner that upgrades ${namespace}/${name} was ${where}`,
    fix:
      runnerNamespace === undefined
        ? 'name an image of emqx-blue-green, of which a Job then drives this run; or install a runner (`emqx-blue-green runner manifest`), or name its namespace'
        : 'correct the namespace; `emqx-blue-green runner manifest` installs a runner',
  };
}

function silent(namespace: string): Objection {
  return {
    finding: `the runner in the namespace ${namespace} has shown no sign of life for ${LEASE_SILENT_MS / 1_000} s`,
    fix: `\`kubectl -n ${namespace} get pods,events\` and \`kubectl -n ${namespace} logs deployment/${RUNNER_NAME}\` say why; with an image of emqx-blue-green a Job drives this run instead`,
  };
}

function blocked(objections: readonly Objection[]): BlockedError {
  return new BlockedError(objections.map((one) => ({ id: 'runner', group: 'run', status: 'blocker', ...one })));
}
