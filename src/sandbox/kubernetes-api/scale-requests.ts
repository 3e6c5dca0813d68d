import type { KubeObject } from '../../kubernetes/kube-api';
import { isRecord } from '../../simulator/kubernetes/json';
import type { ObjectStore } from '../../simulator/kubernetes/object-store';
import { type ObjectPath, refOf } from './object-requests';
import { badRequest, invalid } from './refused';

interface Scalable extends KubeObject {
  spec: { replicas?: number; selector?: { matchLabels?: Record<string, string> } };
  status?: { replicas?: number };
}

/** `Scale` of an object, as an object of its own. */
export interface Scale extends KubeObject {
  spec: { replicas: number };
  status: { replicas: number; selector?: string };
}

/** Reads and writes how many replicas an object is to have, through its subresource `scale`. */
export class ScaleRequests {
  constructor(private readonly store: ObjectStore) {}

  get(path: ObjectPath): Scale {
    return scaleOf(this.store.get<Scalable>(refOf(path)));
  }

  /**
   * @param change makes the desired Scale from the current one.
   * @throws KubeApiError, or Refused 422
   */
  write(path: ObjectPath, change: (scale: Scale) => unknown, dryRun = false): Scale {
    const wanted = change(this.get(path));
    if (!isRecord(wanted) || !isRecord(wanted['spec'])) throw badRequest('the body is not a Scale');
    const { replicas = 0 } = wanted['spec'];
    if (!Number.isInteger(replicas) || (replicas as number) < 0) {
      const problem = `Invalid value: ${replicas}: must be greater than or equal to 0`;
      throw invalid('Scale', path.name, 'spec.replicas', problem);
    }
    const { resourceVersion } = (wanted as unknown as Scale).metadata ?? {};
    const scaled = this.store.update<Scalable>(
      refOf(path),
      (draft) => {
        draft.spec.replicas = replicas as number;
        return undefined;
      },
      { dryRun, ...(resourceVersion && { resourceVersion }) },
    );
    return scaleOf(scaled);
  }
}

function scaleOf({ metadata, spec, status }: Scalable): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const labels = Object.entries(spec.selector?.matchLabels ?? {});
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata'],
    spec: { replicas: spec.replicas ?? 0 },
    status: {
      replicas: status?.replicas ?? 0,
      ...(labels.length > 0 && { selector: labels.map(([key, value]) => `${key}=${value}`).join(',') }),
    },
  };
}
