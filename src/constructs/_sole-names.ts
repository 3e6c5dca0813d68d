import { ApiObject } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { KIND, OBJECTS_OF_A_CLUSTER } from '../resource/constants';
import type { Violation } from '../resource/problem';
import { EMQX_KIND, OBJECTS_OF_AN_EMQX } from '../resource/v2beta1/constants';

/** Cluster-scoped kinds, whatever the namespace of their chart. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'MutatingWebhookConfiguration',
  'Namespace',
  'ValidatingWebhookConfiguration',
]);

/** The objects of a program by their names, whatever their kind and namespace, in the order of the program. */
class Index extends Map<string, ApiObject[]> {
  /** Whether two have the same name, or one has a name that the operator or an upgrade uses: rare in most programs. */
  mayClash = false;
}

/** Objects that the operator, or an upgrade, creates for a cluster of a kind. */
const OBJECTS_OF: Readonly<Record<string, readonly (readonly [kind: string, suffix: string])[]>> = {
  [KIND]: OBJECTS_OF_A_CLUSTER,
  [EMQX_KIND]: OBJECTS_OF_AN_EMQX,
};

const SUFFIXES = Object.values(OBJECTS_OF).flatMap((objects) => objects.flatMap(([, suffix]) => suffix || []));
const SUFFIXED = new RegExp(`(${SUFFIXES.join('|')})$`);

/** The known names of a program. */
interface Names {
  /** Constructs that check for taken names. */
  readonly watchful: Set<IConstruct>;
  /** Built when needed, and rebuilt once another construct checks its names. */
  index: Index | undefined;
}

const programs = new WeakMap<IConstruct, Names>();

/** From now on {@link takenName} of earlier constructs leaves it to this one to report a shared name. */
export function watchNames(construct: Construct): void {
  const names = namesOf(construct.node.root);
  names.watchful.add(construct);
  names.index = undefined;
}

function namesOf(root: IConstruct): Names {
  const known = programs.get(root);
  if (known) return known;
  const names: Names = { watchful: new Set(), index: undefined };
  programs.set(root, names);
  return names;
}

/**
 * A name that something else in the program has, too, so that both would be one object in Kubernetes; undefined where there is
 * none. Of two constructs that check their names the later one reports it.
 */
export function takenName(construct: Construct, fix: string): Violation | undefined {
  const { root } = construct.node;
  const names = namesOf(root);
  names.index ??= indexOf(root);
  const { index, watchful } = names;
  if (!index.mayClash) return undefined;
  const own = objectsIn(construct);
  for (const object of own) {
    const same = index.get(object.name) ?? [];
    if (same.length > 1) {
      const at = same.indexOf(object);
      const isWatched = (other: ApiObject) => other.node.scopes.some((scope) => watchful.has(scope));
      const isOther = (other: ApiObject, place: number) =>
        identityOf(other) === identityOf(object) && !own.includes(other) && !(place > at && isWatched(other));
      const other = same.find(isOther);
      if (other) return taken(identityOf(object), other, fix);
    }
    for (const [kind, suffix] of OBJECTS_OF[object.kind] ?? []) {
      const identity = `${kind} ${placeOf(object)}${object.name}${suffix}`;
      const all = index.get(object.name + suffix);
      const other = all?.find((one) => !own.includes(one) && identityOf(one) === identity);
      if (other) return taken(identity, other, fix);
    }
  }
  return undefined;
}

function taken(name: string, by: ApiObject, fix: string): Violation {
  return {
    bound: 'a name that nothing else in the program uses',
    reason: `${by.node.path} has the ${name}, too, and one would overwrite the other`,
    fix,
  };
}

function indexOf(root: IConstruct): Index {
  const index = new Index();
  for (const object of objectsIn(root)) {
    const same = index.get(object.name);
    if (same) same.push(object);
    else index.set(object.name, [object]);
    index.mayClash ||= same !== undefined || SUFFIXED.test(object.name);
  }
  return index;
}

function objectsIn({ node }: IConstruct, found: ApiObject[] = []): ApiObject[] {
  for (const child of node.children) {
    if (ApiObject.isApiObject(child)) found.push(child);
    else objectsIn(child, found);
  }
  return found;
}

function identityOf(object: ApiObject): string {
  const { kind, name, apiGroup } = object;
  return `${apiGroup === 'core' ? kind : `${kind}.${apiGroup}`} ${placeOf(object)}${name}`;
}

function placeOf({ kind, metadata }: ApiObject): string {
  return CLUSTER_SCOPED.has(kind) || metadata.namespace === undefined ? '' : `${metadata.namespace}/`;
}
