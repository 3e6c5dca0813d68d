import { isKubeError, type KubeObject } from '../../../kubernetes/kube-api';
import { namesOf, POD_TEMPLATE_HASH_LABEL, setNameOf } from '../../../resource';
import type { PodTemplate, StatefulSet, VolumeClaimTemplate } from '../../kubernetes/core-types';
import { copy, equal } from '../../kubernetes/json';
import { templateHash } from '../../kubernetes/revision-hash';
import { failing } from '../failure';
import { createOrUpdate, createOwned, lastAppliedOf } from '../owned-object';
import { isTrue, lastTrueCondition } from './conditions';
import type { NodeTemplate } from './emqx';
import type { EmqxPass } from './pass';
import { hashedTemplateOf, withDashboard } from './pod-template';
import { core, labelsOf, type Role, replicant, type SetObject, setsOf } from './roles';

/** Whether the pass ends here, to begin again after a back-off. */
type Next = 'again' | undefined;

/** Creates the set of the wanted core template, changes it in place, or goes back to the current one. */
export function addCores(pass: EmqxPass): Promise<Next> {
  return addSet(pass, core, pass.instance.spec.coreTemplate ?? {});
}

/** The same for replicants, as soon as the cores are ready. */
export async function addReplicants(pass: EmqxPass): Promise<Next> {
  const { replicantTemplate } = pass.instance.spec;
  if (!replicantTemplate || !isTrue(pass.status, 'CoreNodesReady')) return undefined;
  return addSet(pass, replicant, replicantTemplate);
}

/**
 * - Another pod template than that of the update set: a new set, named by the template's hash.
 * - That set is there already: the spec goes back to an earlier one. Before Available, when it is the current set, it becomes the
 *   update set again. Else the collision count rises, so that the next pass finds another name: a third set.
 * - The same template, other replicas: changed in place. The hash then written is that of today's collision count.
 *
 * Each takes the conditions back to Progressing.
 *
 * @see EMQX Operator 2.2.29, `add_emqx_core.go` and `add_emqx_repl.go`: read; each case was measured
 */
async function addSet(pass: EmqxPass, role: Role, template: NodeTemplate): Promise<Next> {
  const { wanted, hash } = setOf(pass, role, template);
  const { update } = await setsOf(pass, role);
  if (update && equal(templateIn(lastAppliedOf(update) ?? update), templateIn(wanted))) {
    await changeInPlace(pass, role, update, wanted, hash);
    return undefined;
  }
  try {
    await createOwned<KubeObject>(pass, wanted);
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) failing(`failed to create ${role.kind.kind}`)(error);
    return onExisting(pass, role, hash);
  }
  await progress(pass, role, hash, role.created, `Create new ${role.kind.kind}`);
  return undefined;
}

async function onExisting(pass: EmqxPass, role: Role, hash: string): Promise<Next> {
  const last = lastTrueCondition(pass.status)?.type;
  const counts = role.statusOf(pass);
  if (last !== undefined && last !== 'Available' && last !== 'Ready' && hash === counts.currentRevision) {
    await progress(pass, role, hash, `Revert${role.kind.kind}`, `Revert to current ${role.kind.kind}`);
    return undefined;
  }
  counts.collisionCount = (counts.collisionCount ?? 0) + 1;
  await pass.writeStatus().catch(() => undefined);
  return 'again';
}

async function changeInPlace(pass: EmqxPass, role: Role, update: SetObject, wanted: SetObject, hash: string) {
  const claims = (set: SetObject) => (set as StatefulSet).spec.volumeClaimTemplates ?? [];
  // The number of cores may be the business of another step.
  if (!pass.options.dialect.changesNumberOf(role.name)) wanted.spec.replicas = update.spec.replicas ?? 1;
  const unchanged =
    update.spec.replicas === wanted.spec.replicas && equal(claims(lastAppliedOf(update) ?? update), claims(wanted));
  if (unchanged) return;
  const { labels } = update.metadata;
  const spec = { ...wanted.spec, selector: update.spec.selector };
  spec.template = {
    ...spec.template,
    ...(update.spec.template.metadata && { metadata: update.spec.template.metadata }),
  };
  const metadata = { ...wanted.metadata, name: update.metadata.name, ...(labels && { labels }) };
  await createOrUpdate<SetObject>(pass, { ...wanted, metadata, spec } as SetObject).catch(
    failing(`failed to update ${role.kind.kind}`),
  );
  await progress(pass, role, hash, `Update${role.kind.kind}`, `Update exist ${role.kind.kind}`);
}

/** Takes the status back to Progressing, with the set of this hash as the update set. Failures to write it are passed over. */
async function progress(pass: EmqxPass, role: Role, hash: string, reason: string, message: string): Promise<void> {
  const change = () => {
    const { progressing, ready } = role;
    pass.options.dialect.progress(pass.status, pass.now, { progressing, ready, reason, message });
    role.statusOf(pass).updateRevision = hash;
  };
  await pass.changeStatus(change).catch(() => undefined);
}

/** The set as it should be, and the hash in its name. */
function setOf(pass: EmqxPass, role: Role, template: NodeTemplate): { wanted: SetObject; hash: string } {
  const { instance } = pass;
  const { name } = instance.metadata;
  const hashed = hashedTemplateOf(instance, role, template, pass.options.dialect.preStop);
  const hash = templateHash(hashed, role.statusOf(pass).collisionCount);
  const labels = { ...hashed.metadata?.labels, [POD_TEMPLATE_HASH_LABEL]: hash };
  const pods = withDashboard(hashed, instance.spec.config?.data ?? '');
  const wanted = {
    ...role.kind,
    metadata: pass.owned(setNameOf(name, role.name, hash), labels, template.metadata?.annotations),
    spec: {
      replicas: template.spec?.replicas,
      selector: { matchLabels: labels },
      template: { ...pods, metadata: { ...pods.metadata, labels } },
      ...(role === core && {
        serviceName: namesOf(name).headlessService,
        podManagementPolicy: 'Parallel',
        ...claimsOf(pass, template),
      }),
    },
  };
  return { wanted: wanted as SetObject, hash };
}

function claimsOf(pass: EmqxPass, template: NodeTemplate): { volumeClaimTemplates?: VolumeClaimTemplate[] } {
  const spec = template.spec?.['volumeClaimTemplates'] as object | undefined;
  if (!spec) return {};
  const name = `${pass.instance.metadata.name}-core-data`;
  const labels = { ...template.metadata?.labels, ...labelsOf(pass.instance, core) };
  return { volumeClaimTemplates: [{ metadata: { name, labels }, spec: { volumeMode: 'Filesystem', ...spec } }] };
}

/** A set's pod template without the hash. */
function templateIn(set: SetObject): PodTemplate {
  const template = copy(set.spec.template);
  delete template.metadata?.labels?.[POD_TEMPLATE_HASH_LABEL];
  return template;
}
