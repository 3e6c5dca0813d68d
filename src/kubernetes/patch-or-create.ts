import { isKubeError, type KubeApi, type KubeObject, type ObjectRef } from './kube-api';

/**
 * Changes an object; where there is none, creates it, and where another process creates it at the same moment, changes that one.
 *
 * @param body of a merge patch
 * @param fresh the object to be created; undefined where there is nothing to create
 */
export async function patchOrCreate<Fresh extends KubeObject | undefined>(
  api: Pick<KubeApi, 'create' | 'patch'>,
  ref: ObjectRef,
  body: object,
  fresh: () => Fresh,
  signal?: AbortSignal,
): Promise<KubeObject | Fresh> {
  const patch = () => api.patch<KubeObject>(ref, { type: 'merge', body }, {}, signal);
  try {
    return await patch();
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
  const object = fresh();
  if (!object) return object;
  try {
    return await api.create<KubeObject>(object, signal);
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
    return patch();
  }
}
