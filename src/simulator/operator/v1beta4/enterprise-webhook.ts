import { KubeApiError, type KubeObject } from '../../../kubernetes/kube-api';
import { type EmqxEnterprise, formatProblem, immutableFields, type Problem, withDefaults } from '../../../resource';
import { complete } from '../../../resource/defaults';
import { emqxEnterprise } from '../../../resource/emqx-enterprise-schema';
import { structuralProblemsOf } from '../../../resource/parse';
import { formatPath } from '../../../resource/problem';
import { emqxVersion } from '../../../resource/rules';
import { type FieldProblem, invalidObject } from '../../kubernetes/invalid-object';
import { isRecord } from '../../kubernetes/json';

/**
 * What happens to an EmqxEnterprise before it is stored, in place: by its custom resource definition, which drops unknown
 * fields and refuses what has another structure, and by the operator's two webhooks, which complete it and refuse an EMQX
 * version that the operator does not run, and changes of what cannot change.
 *
 * @throws KubeApiError with all problems: 422 `Invalid`, whose `cause` lists them; or 403 `Forbidden` in the webhook's name
 * @see EMQX Operator 2.2.29, `apis/apps/v1beta4`
 */
export function admitEnterprise(object: KubeObject, previous: KubeObject | undefined): void {
  for (const steps of unknownSteps(object)) remove(object, steps);
  const problems = structuralProblemsOf(object).map(fieldProblem);
  if (problems.length > 0) throw invalidObject(object, problems);
  const resource = object as EmqxEnterprise & KubeObject;
  complete(resource);
  const refusals = refusalsOf(resource, previous as (EmqxEnterprise & KubeObject) | undefined);
  if (refusals.length > 0) {
    throw new KubeApiError(
      403,
      'Forbidden',
      `admission webhook "validator.enterprise.emqx.io" denied the request: ${refusals.join('; ')}`,
    );
  }
}

function fieldProblem(problem: Problem): FieldProblem {
  return { field: problem.path, message: formatProblem(problem).slice(`'${problem.path}' `.length) };
}

/** Paths of fields that the custom resource definition does not have. */
export function unknownFieldsOf(object: KubeObject): string[] {
  return unknownSteps(object).map(formatPath);
}

function unknownSteps(object: KubeObject): PropertyKey[][] {
  const issues = emqxEnterprise.safeParse(object).error?.issues ?? [];
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [],
  );
}

function remove(object: unknown, steps: readonly PropertyKey[]): void {
  let parent = object;
  for (const step of steps.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown>)[step];
  if (isRecord(parent)) delete parent[steps.at(-1) as string];
}

function refusalsOf(resource: EmqxEnterprise, previous: EmqxEnterprise | undefined): string[] {
  const steps = ['spec', 'template', 'spec', 'emqxContainer', 'image', 'version'];
  const value = resource.spec.template?.spec?.emqxContainer?.image?.version;
  const violation = emqxVersion(value);
  return [
    ...(violation ? [formatProblem({ path: formatPath(steps), value, ...violation })] : []),
    ...(previous ? immutableFields(withDefaults(previous), resource) : []).map((field) => `refuse to update ${field}`),
  ];
}
