import { createHash } from 'node:crypto';
import { isKubeError, type KubeApi, type KubeObject, type ObjectRef } from '../kubernetes';
import type { ClusterRef } from '../resource';
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from '../resource/restricted-pod';
import { upgradeRules } from '../resource/upgrade-rules';

const LABELS = { 'app.kubernetes.io/name': 'emqx-blue-green', 'app.kubernetes.io/component': 'upgrade-job' };

/** After its end it is kept for so long, with its log, s. */
const KEPT_SECONDS = 86_400;

/** How often a pod of it is replaced that has ended before the run, a run that stopped included. */
const RETRIES = 20;

/** Exit codes after which there is nothing to be tried again: bad input, and done, but sessions were lost. */
const FINAL_CODES = [2, 6];

const RBAC = 'rbac.authorization.k8s.io';

/**
 * A Job that drives one run: with a service account of its own, which has exactly the rights of that upgrade. Kubernetes removes all of
 * it a day after the end. It does nothing before it is started.
 */
export class UpgradeJob {
  private constructor(
    private readonly api: KubeApi,
    readonly ref: ObjectRef,
  ) {}

  /**
   * @param mark distinguishes it from others for this cluster
   * @param services names of the traffic Services
   */
  static async create(
    api: KubeApi,
    cluster: ClusterRef,
    { image, mark, services }: { image: string; mark: string; services: readonly string[] },
    signal?: AbortSignal,
  ): Promise<UpgradeJob> {
    const name = nameFor(cluster, mark);
    const { namespace } = cluster;
    const job = new UpgradeJob(api, { apiVersion: 'batch/v1', kind: 'Job', namespace, name });
    const { apiVersion, kind } = job.ref;
    const { metadata } = await api.create(jobOf(job.ref, cluster, image), signal);
    try {
      // Whatever removes the Job, Kubernetes removes its rights with it.
      const owner = { apiVersion, kind, name, uid: metadata.uid ?? '' };
      for (const object of accessOf(job.ref, cluster, services)) {
        await api.create({ ...object, metadata: { ...object.metadata, ownerReferences: [owner] } }, signal);
      }
    } catch (error) {
      await job.remove().catch(() => undefined);
      throw error;
    }
    return job;
  }

  /** From now on it drives the open run. */
  async start(signal?: AbortSignal): Promise<void> {
    await this.api.patch(this.ref, { type: 'merge', body: { spec: { suspend: false } } }, {}, signal);
  }

  /** Of a Job that was not started. */
  async remove(signal?: AbortSignal): Promise<void> {
    try {
      await this.api.delete(this.ref, {}, signal);
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error;
    }
  }
}

/** A label of its pods has it, which allows 63 characters. */
function nameFor({ kind, name }: ClusterRef, mark: string): string {
  const hash = createHash('sha256').update(`${kind} ${name} ${mark}`).digest('hex').slice(0, 8);
  return `${name
    .slice(0, 45)
    .replace(/[-.]+$/, '')
    .replaceAll('.', '-')}-upgrade-${hash}`;
}

function jobOf({ apiVersion, kind, namespace, name }: ObjectRef, cluster: ClusterRef, image: string): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: { namespace, name, labels: LABELS },
    spec: {
      suspend: true,
      backoffLimit: RETRIES,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      podFailurePolicy: {
        rules: [
          // Pods that are evicted from a node have not failed.
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'FailJob', onExitCodes: { containerName: 'upgrade', operator: 'In', values: FINAL_CODES } },
        ],
      },
      template: {
        metadata: { labels: LABELS },
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: name,
          securityContext: RESTRICTED_POD,
          containers: [
            {
              name: 'upgrade',
              image,
              args: [
                'attach',
                `${cluster.kind.toLowerCase()}/${cluster.name}`,
                `--namespace=${namespace}`,
                '--drive',
                '--output=json',
              ],
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
              securityContext: RESTRICTED_CONTAINER,
            },
          ],
        },
      },
    },
  } as KubeObject;
}

function accessOf({ namespace, name }: ObjectRef, cluster: ClusterRef, services: readonly string[]): KubeObject[] {
  const metadata = { namespace, name, labels: LABELS };
  const rules = upgradeRules([cluster.kind], { clusters: [cluster.name], services });
  const role = { apiGroup: RBAC, kind: 'Role', name };
  const subjects = [{ kind: 'ServiceAccount', namespace, name }];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules } as KubeObject,
    { apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata, roleRef: role, subjects } as KubeObject,
  ];
}
