import type { Problem } from '../resource/problem';

const POD = 'spec.template.spec';
const TEMPLATE = 'spec.template.metadata';
const NODE = `${POD}.emqxContainer`;

/** Where the custom resource keeps a property; more specific paths come first. */
const PLACES: readonly (readonly [wire: string, property: string])[] = [
  ['metadata.name', 'name'],
  ['metadata.namespace', 'namespace'],
  ['spec.replicas', 'replicas'],
  ['spec.clusterDomain', 'clusterDomain'],
  ['spec.license', 'license'],
  ['spec.persistent', 'persistence'],
  ['spec.blueGreenUpdate', 'blueGreenUpdate'],
  ['spec.serviceTemplate', 'service'],
  [`${TEMPLATE}.labels`, 'podLabels'],
  [`${TEMPLATE}.annotations`, 'podAnnotations'],
  [`${NODE}.image.version`, 'version'],
  [`${NODE}.image`, 'image'],
  [`${NODE}.emqxConfig`, 'emqxConfig'],
  [`${NODE}.emqxACL`, 'acl'],
  [`${NODE}.bootstrapAPIKeys`, 'apiKeys'],
  [`${NODE}.env`, 'env'],
  [`${NODE}.envFrom`, 'envFrom'],
  [`${NODE}.command`, 'command'],
  [`${NODE}.args`, 'args'],
  [`${NODE}.lifecycle`, 'lifecycle'],
  [`${NODE}.ports`, 'extraPorts'],
  [`${NODE}.resources`, 'resources'],
  [`${NODE}.volumeMounts`, 'volumeMounts'],
  [`${NODE}.livenessProbe`, 'probes.liveness'],
  [`${NODE}.readinessProbe`, 'probes.readiness'],
  [`${NODE}.startupProbe`, 'probes.startup'],
  [`${NODE}.securityContext`, 'containerSecurityContext'],
  // All other fields of the pod have the same name as the property.
  [`${POD}.`, ''],
];

/** A problem of the custom resource under the name that the caller of the construct knows. */
export function underProperty(problem: Problem): Problem {
  return { ...problem, path: placeOf(problem.path, PLACES) };
}

/** A path under the name of its property; of one that no property sets, the path itself. */
export function placeOf(path: string, places: readonly (readonly [wire: string, property: string])[]): string {
  const place = places.find(([wire]) => isAt(path, wire));
  return place ? place[1] + path.slice(place[0].length) : path;
}

function isAt(path: string, wire: string): boolean {
  return (
    path.startsWith(wire) && (wire.endsWith('.') || path.length === wire.length || '.['.includes(path[wire.length]!))
  );
}
