import type { ObjectStore } from '../../simulator/kubernetes/object-store';
import { ACCESS_REVIEW, reviewed } from './access-review';
import { groupOf } from './api-resource';
import { discovery } from './discovery';
import type { KubernetesAnswer, KubernetesRequest } from './kubernetes-request';
import { OPEN_API_V2, openApi } from './open-api';
import { readJson } from './patch-body';
import { fromProtobuf, PROTOBUF } from './protobuf';
import { Refused } from './refused';
import { ResourceApi } from './resource-api';
import { type ResourcePath, readResourcePath } from './resource-path';
import { failure, type Resource } from './status';

/** The Kubernetes API of a simulated cluster, as far as the sandbox has it, without its transport. */
export class KubernetesApi {
  private readonly resources: ResourceApi;

  /** @param operated the namespace that the operator watches. */
  constructor(store: ObjectStore, operated: string) {
    this.resources = new ResourceApi(store, operated);
  }

  /** Never throws: what is refused, or fails, is answered with a `Status`. */
  answer(given: KubernetesRequest): KubernetesAnswer {
    const { pathname } = given.url;
    let path: ResourcePath | undefined;
    try {
      const request = inJson(given);
      if (pathname === OPEN_API_V2) return { status: 200 };
      const answer = ownAnswer(request);
      if (answer) return answer;
      path = readResourcePath(pathname);
      if (path) return this.resources.answer(path, request);
      throw new Refused(404, 'NotFound', `the sandbox of emqx-blue-green does not serve ${pathname}`);
    } catch (error) {
      const body = failure(error, path && resourceOf(path));
      return { status: body.code, body };
    }
  }
}

/** What the API reports about itself and about its client. */
function ownAnswer({ method, url, body }: KubernetesRequest): KubernetesAnswer | undefined {
  if (method === 'GET') {
    const about = discovery(url.pathname) ?? openApi(url.pathname);
    return about && { status: 200, body: about };
  }
  const isReview = url.pathname === `/apis/${ACCESS_REVIEW.apiVersion}/${ACCESS_REVIEW.plural}`;
  return isReview ? { status: 201, body: reviewed(readJson(body)) } : undefined;
}

function resourceOf({ resource, name }: ResourcePath): Resource {
  const group = groupOf(resource);
  return {
    ...(name !== undefined && { name }),
    ...(group && { group }),
    kind: resource.plural,
    objectKind: resource.kind,
  };
}

/** Newer kubectl creates some kinds in the API's binary form. */
function inJson(request: KubernetesRequest): KubernetesRequest {
  const { headers, bytes } = request;
  if (!bytes || !String(headers['content-type']).startsWith(PROTOBUF)) return request;
  return { ...request, body: JSON.stringify(fromProtobuf(bytes)) };
}
