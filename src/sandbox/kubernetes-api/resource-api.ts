import type { KubeObject } from '../../kubernetes/kube-api';
import { EMQX_KIND, KIND } from '../../resource';
import { isRecord } from '../../simulator/kubernetes/json';
import type { ObjectStore } from '../../simulator/kubernetes/object-store';
import { admitEnterprise } from '../../simulator/operator/v1beta4/enterprise-webhook';
import { admitEmqx } from '../../simulator/operator/v2beta1/admit-emqx';
import { ABSENT_PARTS } from './absent-parts';
import { API_RESOURCES, groupOf } from './api-resource';
import { FieldValidation } from './field-validation';
import type { KubernetesAnswer, KubernetesRequest } from './kubernetes-request';
import { type DeleteOptions, type ObjectPath, ObjectRequests, type Written } from './object-requests';
import { applyPatch, readJson, readPatch } from './patch-body';
import { badRequest, notHere, Refused } from './refused';
import { type Representation, representationFor } from './representation';
import type { ResourcePath } from './resource-path';
import { type Scale, ScaleRequests } from './scale-requests';
import { selectorOf } from './selectors';
import type { Status } from './status';
import { checkStructure } from './structures';
import { WatchAnswer } from './watch-answer';

/** What happens to the custom resources that the operator watches before they are stored. */
const ADMISSION: Readonly<Record<string, typeof admitEnterprise>> = {
  [KIND]: admitEnterprise,
  [EMQX_KIND]: admitEmqx,
};

/** Answers requests for the objects of a simulated cluster. */
export class ResourceApi {
  private readonly objects: ObjectRequests;
  private readonly scales: ScaleRequests;

  /** @param operated the namespace that the operator watches. */
  constructor(
    private readonly store: ObjectStore,
    private readonly operated: string,
  ) {
    this.objects = new ObjectRequests(store);
    this.scales = new ScaleRequests(store);
    for (const resource of API_RESOURCES) {
      store.setWebhook(resource, ADMISSION[resource.kind] ?? checkStructure);
    }
  }

  /** @throws Refused, or KubeApiError */
  answer(path: ResourcePath, request: KubernetesRequest): KubernetesAnswer {
    checkPart(path);
    const { method, url, headers } = request;
    const query = url.searchParams;
    const form = representationFor(path.resource, String(headers['accept'] ?? '*/*'), query, () => this.store.now);
    if (method === 'GET') return this.read(path, query, form);
    if (path.resource.readOnly) throw notHere(`its ${path.resource.plural} cannot be changed`);
    if (query.has('dryRun') && method !== 'PATCH') throw notHere('it supports a dry run only for a patch');
    if (method === 'DELETE') return this.delete(path, request);
    if (path.subresource === 'scale') return { status: 200, body: this.scale(path, request) };
    const fields = new FieldValidation(query);
    const { object, created } = this.write(path, request, fields);
    const warnings = [...fields.warnings, ...this.warningsOf(path)];
    return { status: created ? 201 : 200, body: form.one(object), warnings };
  }

  private read(path: ResourcePath, query: URLSearchParams, form: Representation): KubernetesAnswer {
    const selector = selectorOf(query);
    if (query.get('watch') === 'true') return { watch: new WatchAnswer(this.store, path, query, selector, form) };
    if (isNamed(path)) {
      const isScale = path.subresource === 'scale';
      return { status: 200, body: isScale ? this.scales.get(path) : form.one(this.objects.get(path)) };
    }
    const { apiVersion, kind } = path.resource;
    const items = this.store.list({ apiVersion, kind, namespace: path.namespace }).filter(selector);
    return { status: 200, body: form.many(items, this.store.resourceVersion) };
  }

  private write(path: ResourcePath, request: KubernetesRequest, fields: FieldValidation): Written {
    const { method, body } = request;
    if (method === 'POST' && !isNamed(path)) return this.objects.create(path, readJson(body), fields);
    if (method === 'PUT' && isNamed(path)) return this.objects.update(path, readJson(body), fields);
    if (method === 'PATCH' && isNamed(path))
      return this.objects.patch(path, readPatch(path, request), fields, isDryRun(request));
    throw notServed(request);
  }

  private scale(path: ResourcePath, request: KubernetesRequest): Scale {
    const { method, body } = request;
    if (method === 'PUT' && isNamed(path)) return this.scales.write(path, () => readJson(body));
    if (method !== 'PATCH' || !isNamed(path)) throw notServed(request);
    const patch = readPatch(path, request);
    if (patch.type === 'apply') throw notHere('a Scale cannot be applied');
    return this.scales.write(path, (scale) => applyPatch(scale, patch), isDryRun(request));
  }

  private delete(path: ResourcePath, request: KubernetesRequest): KubernetesAnswer {
    if (!isNamed(path) || path.subresource !== undefined) throw notServed(request);
    const before = this.objects.get(path);
    const left = this.objects.delete(path, deleteOptions(request));
    return { status: 200, body: left ?? deleted(path, before) };
  }

  /** What a client may expect of the object, but the sandbox does not do. */
  private warningsOf({ resource, namespace }: ResourcePath): string[] {
    if (resource.isInert) return [`in the sandbox a ${resource.kind} is stored, but has no effect`];
    if (!Object.hasOwn(ADMISSION, resource.kind) || namespace === this.operated) return [];
    return [`the operator of the sandbox watches only the namespace ${this.operated}`];
  }
}

/** @throws Refused 404, 405 */
function checkPart({ resource, subresource, name }: ResourcePath): void {
  if (subresource === undefined || resource.subresources.some((one) => one === subresource)) return;
  throw ABSENT_PARTS[subresource] ?? new Refused(404, 'NotFound', `${resource.plural} "${name}" has no ${subresource}`);
}

function isDryRun({ url }: KubernetesRequest): boolean {
  return url.searchParams.get('dryRun') === 'All';
}

function isNamed(path: ResourcePath): path is ObjectPath {
  return path.name !== undefined;
}

function notServed({ method, url }: KubernetesRequest): Refused {
  return notHere(`${method} ${url.pathname} is not served`);
}

/** The answer to a deletion that is complete. */
function deleted({ resource, name }: ObjectPath, { metadata }: KubeObject): Status {
  const group = groupOf(resource);
  const details = { name, ...(group && { group }), kind: resource.plural, uid: metadata.uid ?? '' };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details, code: 200 };
}

function deleteOptions({ body, url }: KubernetesRequest): DeleteOptions {
  const given = body === '' ? {} : readJson(body);
  if (!isRecord(given)) throw badRequest('the body is not DeleteOptions');
  const grace = url.searchParams.get('gracePeriodSeconds');
  const policy = url.searchParams.get('propagationPolicy');
  return {
    ...(grace !== null && { gracePeriodSeconds: Number(grace) }),
    ...(policy !== null && { propagationPolicy: policy }),
    ...(given as DeleteOptions),
  };
}
