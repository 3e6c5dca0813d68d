import type { KubeObject } from '../../kubernetes/kube-api';
import type { ApiResource } from './api-resource';
import { type Column, columnsOf } from './columns';
import { Refused } from './refused';

/** How objects are sent to a client: as they are, or as the rows of a table that kubectl prints. */
export interface Representation {
  one(object: KubeObject): object;
  many(items: readonly KubeObject[], resourceVersion: string): object;
  /** For the first event of a watch, the only one with the columns, or a later one. */
  event(object: KubeObject, isFirst: boolean): object;
  bookmark(resourceVersion: string): object;
}

/**
 * The first form that an `Accept` header names and the sandbox has.
 *
 * @param now the time, in milliseconds since the epoch.
 * @throws Refused 406
 */
export function representationFor(
  resource: ApiResource,
  accept: string,
  query: URLSearchParams,
  now: () => number,
): Representation {
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    if (type !== 'application/json' && type !== 'application/*' && type !== '*/*' && type !== '') continue;
    if (as === undefined) return new Plain(resource);
    if (as === 'Table' && parameters.includes('v=v1')) return new Table(resource, query.get('includeObject'), now);
  }
  throw new Refused(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
}

class Plain implements Representation {
  constructor(private readonly resource: ApiResource) {}

  one(object: KubeObject): object {
    return object;
  }

  many(items: readonly KubeObject[], resourceVersion: string): object {
    const { apiVersion, kind } = this.resource;
    return { kind: `${kind}List`, apiVersion, metadata: { resourceVersion }, items };
  }

  event(object: KubeObject): object {
    return object;
  }

  bookmark(resourceVersion: string): object {
    const { apiVersion, kind } = this.resource;
    return { apiVersion, kind, metadata: { resourceVersion } };
  }
}

/** @see Kubernetes API, meta.k8s.io/v1 Table */
class Table implements Representation {
  private readonly columns: readonly Column[];

  /** @param includeObject what each row carries beside its cells: `None`, `Object`, or else its metadata. */
  constructor(
    resource: ApiResource,
    private readonly includeObject: string | null,
    private readonly now: () => number,
  ) {
    this.columns = columnsOf(resource);
  }

  one(object: KubeObject): object {
    return this.many([object], object.metadata.resourceVersion ?? '');
  }

  many(items: readonly KubeObject[], resourceVersion: string): object {
    return this.table(items, resourceVersion, true);
  }

  event(object: KubeObject, isFirst: boolean): object {
    return this.table([object], object.metadata.resourceVersion ?? '', isFirst);
  }

  bookmark(resourceVersion: string): object {
    return this.table([], resourceVersion, false);
  }

  private table(items: readonly KubeObject[], resourceVersion: string, withColumns: boolean): object {
    const now = this.now();
    return {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion },
      columnDefinitions: withColumns ? this.columns.map(definitionOf) : null,
      rows: items.map((object) => ({
        cells: this.columns.map((column) => column.cell(object, now)),
        ...(this.includeObject !== 'None' && { object: this.objectOf(object) }),
      })),
    };
  }

  private objectOf(object: KubeObject): object {
    if (this.includeObject === 'Object') return object;
    return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
  }
}

function definitionOf({ name, type = 'string', wide = false }: Column): object {
  const format = name === 'Name' ? 'name' : '';
  return { name, type, format, description: '', priority: wide ? 1 : 0 };
}
