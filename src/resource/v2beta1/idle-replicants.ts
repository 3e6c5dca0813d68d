import type { IdleNodes } from '../generation';
import { at } from '../structure';
import type { Emqx } from './emqx';

/** Label of Kubernetes nodes, of which none has it. */
const LABEL = 'emqx-blue-green/idle';

/** Its value says whether the cluster has replicants otherwise. */
const [BESIDE, ALONE] = ['beside', 'alone'];

/**
 * Replicants that no Kubernetes node can take.
 *
 * While there are two sets of cores, operator 2.3 adds no core, so that one core more would change nothing. A new set of replicants does:
 * the cluster is not available again before they are ready, which these never are. A Service leads to no pod of theirs.
 *
 * @see EMQX Operator, `internal/controller/add_replicant_set.go`, `update_emqx_status.go` of the line 2.3: read, not run
 */
export const idleReplicants: IdleNodes<Emqx> = {
  addedTo(spec) {
    const { replicas = 0, nodeSelector, ...others } = (at(spec, ['replicantTemplate', 'spec']) ?? {}) as NodeSpec;
    const { replicantTemplate } = spec as Partial<Emqx['spec']>;
    const label = { [LABEL]: replicantTemplate ? BESIDE : ALONE };
    const idle = { ...others, replicas: Math.max(1, replicas), nodeSelector: { ...nodeSelector, ...label } };
    return { ...spec, replicantTemplate: { ...replicantTemplate, spec: idle } };
  },
  without(resource) {
    const { replicantTemplate, ...spec } = resource.spec;
    const { [LABEL]: value, ...nodeSelector } = replicantTemplate?.spec?.nodeSelector ?? {};
    if (value === undefined) return undefined;
    if (value === ALONE) return { ...resource, spec };
    const { nodeSelector: __, ...node } = replicantTemplate?.spec ?? {};
    const isBare = Object.keys(nodeSelector).length === 0;
    const template = { ...replicantTemplate, spec: isBare ? node : { ...node, nodeSelector } };
    return { ...resource, spec: { ...spec, replicantTemplate: template } };
  },
  isMadeOfThem: (podTemplate) => at(podTemplate, ['spec', 'nodeSelector', LABEL]) !== undefined,
};

type NodeSpec = NonNullable<NonNullable<Emqx['spec']['replicantTemplate']>['spec']>;
