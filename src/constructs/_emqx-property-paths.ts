import type { Problem } from '../resource/problem';
import { placeOf } from './_property-paths';

/** Where the custom resource keeps the options of the nodes of a role; more specific paths come first. */
function groupPlaces(template: string, property: string): readonly (readonly [wire: string, property: string])[] {
  const [metadata, spec] = [`spec.${template}.metadata`, `spec.${template}.spec`];
  return [
    [`${metadata}.labels`, `${property}.podLabels`],
    [`${metadata}.annotations`, `${property}.podAnnotations`],
    [`${spec}.maxUnavailable`, `${property}.podDisruptionBudget.maxUnavailable`],
    [`${spec}.ports`, `${property}.extraPorts`],
    [`${spec}.extraVolumes`, `${property}.volumes`],
    [`${spec}.extraVolumeMounts`, `${property}.volumeMounts`],
    [`${spec}.livenessProbe`, `${property}.probes.liveness`],
    [`${spec}.readinessProbe`, `${property}.probes.readiness`],
    [`${spec}.startupProbe`, `${property}.probes.startup`],
    [`${spec}.volumeClaimTemplates`, `${property}.persistence`],
    // All other fields of the pod have the same name as the property.
    [`${spec}.`, `${property}.`],
  ];
}

const PLACES: readonly (readonly [wire: string, property: string])[] = [
  ['metadata.name', 'name'],
  ['metadata.namespace', 'namespace'],
  ['spec.image', 'version'],
  ['spec.imagePullPolicy', 'image.pullPolicy'],
  ['spec.bootstrapAPIKeys', 'apiKeys'],
  ['spec.config.mode', 'configMode'],
  ['spec.config.data', 'config'],
  ['spec.updateStrategy', 'blueGreenUpdate'],
  ['spec.dashboardServiceTemplate', 'dashboard'],
  ['spec.listenersServiceTemplate', 'service'],
  ...groupPlaces('coreTemplate', 'cores'),
  ...groupPlaces('replicantTemplate', 'replicants'),
  ['spec.coreTemplate', 'cores'],
  ['spec.replicantTemplate', 'replicants'],
  // The others have the same name.
  ['spec.', ''],
];

/** A problem of an EMQX under the name that the caller of EmqxCluster knows. */
export function underEmqxProperty(problem: Problem): Problem {
  return { ...problem, path: emqxPropertyOf(problem.path) };
}

/** A path in an EMQX under the name that the caller of EmqxCluster knows. */
export function emqxPropertyOf(path: string): string {
  return placeOf(path, PLACES);
}
