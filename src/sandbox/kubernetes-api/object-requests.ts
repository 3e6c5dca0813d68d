import { randomBytes } from 'node:crypto';
import type { KubeObject, ObjectRef } from '../../kubernetes/kube-api';
import { isRecord } from '../../simulator/kubernetes/json';
import type { ObjectStore } from '../../simulator/kubernetes/object-store';
import { NAMESPACE } from './api-resource';
import type { FieldValidation } from './field-validation';
import { applyPatch, type PatchBody } from './patch-body';
import { badRequest, invalid, notHere, Refused } from './refused';
import type { ResourcePath } from './resource-path';

/** What came of a write. */
export interface Written {
  object: KubeObject;
  created: boolean;
}

/** A path that leads to one object. */
export type ObjectPath = ResourcePath & { name: string };

/** What a client may ask of a deletion. */
export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** The verbs that change objects, on an {@link ObjectStore}, as the API server does them. */
export class ObjectRequests {
  constructor(private readonly store: ObjectStore) {}

  /** @throws KubeApiError `NotFound` */
  get(path: ObjectPath): KubeObject {
    return this.store.get(refOf(path));
  }

  create(path: ResourcePath, body: unknown, fields: FieldValidation): Written {
    const object = this.objectOf(path, body);
    const { generateName, ...metadata } = object.metadata as KubeObject['metadata'] & { generateName?: string };
    metadata.name ||= generateName ? `${generateName}${randomBytes(3).toString('hex').slice(0, 5)}` : '';
    checkName(path, metadata.name);
    this.checkNamespace(path);
    const named = { ...object, metadata } as KubeObject;
    fields.check(named);
    return { object: this.store.create(named), created: true };
  }

  update(path: ObjectPath, body: unknown, fields: FieldValidation): Written {
    const object = this.objectOf(path, body);
    fields.check(object);
    const { resourceVersion } = object.metadata;
    const options = { ...partOf(path), ...(resourceVersion && { resourceVersion }) };
    return { object: this.store.update(refOf(path), () => object, options), created: false };
  }

  patch(path: ObjectPath, patch: PatchBody, fields: FieldValidation, dryRun: boolean): Written {
    if (patch.type === 'apply') {
      if (dryRun) throw notHere('it supports no dry run of an apply');
      return this.apply(path, patch, fields);
    }
    const resourceVersion = isRecord(patch.body)
      ? (patch.body as Partial<KubeObject>).metadata?.resourceVersion
      : undefined;
    const change = (draft: KubeObject) => {
      const changed = this.objectOf(path, applyPatch(draft, patch));
      fields.check(changed);
      return changed;
    };
    const options = { ...partOf(path), dryRun, ...(resourceVersion && { resourceVersion }) };
    return { object: this.store.update(refOf(path), change, options), created: false };
  }

  /** The object as it remains, or undefined when it is gone. */
  delete(path: ObjectPath, { gracePeriodSeconds, preconditions, ...how }: DeleteOptions): KubeObject | undefined {
    if (how.orphanDependents || ['Orphan', 'Foreground'].includes(how.propagationPolicy ?? '')) {
      throw notHere(
        'dependents of a deleted object are deleted in the background: --cascade=orphan and --cascade=foreground are not supported',
      );
    }
    if (path.resource.kind === 'Namespace') throw notHere('its namespaces cannot be deleted');
    const ref = refOf(path);
    const { uid, resourceVersion } = this.store.get(ref).metadata;
    if (
      (preconditions?.uid ?? uid) !== uid ||
      (preconditions?.resourceVersion ?? resourceVersion) !== resourceVersion
    ) {
      throw new Refused(409, 'Conflict', `the object ${ref.name} is not the one to be deleted`);
    }
    this.store.delete(ref, gracePeriodSeconds);
    return this.store.find(ref);
  }

  private apply(path: ObjectPath, { body, fieldManager, force }: PatchBody, fields: FieldValidation): Written {
    if (!fieldManager) throw badRequest('PatchOptions.fieldManager: Required value: is required for apply patch');
    const object = this.objectOf(path, body);
    fields.check(object);
    const created = this.store.find(refOf(path)) === undefined;
    if (created) {
      checkName(path, path.name);
      this.checkNamespace(path);
    }
    return { object: this.store.apply(object, fieldManager, force, partOf(path)), created };
  }

  /**
   * The body as the object that the path names, without what has no effect: members that are null, and the managers of
   * fields.
   */
  private objectOf(path: ResourcePath, body: unknown): KubeObject {
    const { apiVersion, kind } = path.resource;
    if (!isRecord(body)) throw badRequest('the body is not an object');
    if ((body['apiVersion'] ?? apiVersion) !== apiVersion || (body['kind'] ?? kind) !== kind) {
      throw badRequest(
        `the body is a ${body['apiVersion']} ${body['kind']}, and the path leads to a ${apiVersion} ${kind}`,
      );
    }
    const { managedFields: _, selfLink: __, ...metadata } = isRecord(body['metadata']) ? body['metadata'] : {};
    const { name = path.name, namespace = path.namespace } = metadata;
    if ((path.name ?? name) !== name) {
      throw badRequest(`the name of the object (${name}) does not match the name on the URL (${path.name})`);
    }
    if (path.resource.namespaced && namespace !== path.namespace) {
      throw badRequest(
        `the namespace of the object (${namespace}) does not match the namespace on the request (${path.namespace})`,
      );
    }
    const named = { ...metadata, name, ...(path.resource.namespaced && { namespace }) };
    return withoutNulls({ ...body, apiVersion, kind, metadata: named }) as KubeObject;
  }

  private checkNamespace({ resource, namespace }: ResourcePath): void {
    if (!resource.namespaced || this.store.find({ ...NAMESPACE, namespace: 'default', name: namespace })) return;
    throw new Refused(404, 'NotFound', `namespaces "${namespace}" not found`, { kind: 'namespaces', name: namespace });
  }
}

/** Where the store keeps the object; what belongs to no namespace it keeps in `default`. */
export function refOf({ resource: { apiVersion, kind, namespaced }, namespace, name }: ObjectPath): ObjectRef {
  return { apiVersion, kind, namespace: namespaced ? namespace : 'default', name };
}

function partOf({ subresource }: ResourcePath): { subresource?: 'status' } {
  return subresource === 'status' ? { subresource } : {};
}

/** @see RFC 1123: a subdomain, which is what most kinds take for a name */
function checkName({ resource }: ResourcePath, name: unknown): void {
  if (typeof name === 'string' && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) && name.length <= 253) return;
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  throw invalid(resource.kind, String(name), 'metadata.name', `Invalid value: ${JSON.stringify(name)}: ${rule}`);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}
