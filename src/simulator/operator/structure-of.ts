import type * as z from 'zod';
import type { KubeObject } from '../../kubernetes/kube-api';
import { formatProblem, type Problem } from '../../resource';
import { formatPath } from '../../resource/problem';
import { emqxEnterprise } from '../../resource/v1beta4/emqx-enterprise-schema';
import { structuralProblemsOf } from '../../resource/v1beta4/parse';
import { structuralProblemsOfEmqx } from '../../resource/v2beta1';
import { emqx } from '../../resource/v2beta1/emqx-schema';
import { type FieldProblem, invalidObject } from '../kubernetes/invalid-object';
import { isRecord } from '../kubernetes/json';

interface Structure {
  schema: z.ZodType;
  problemsOf(input: unknown): Problem[];
}

/** By the custom resource definitions, of the kinds whose fields are known here. */
const STRUCTURES: Readonly<Record<string, Structure>> = {
  EmqxEnterprise: { schema: emqxEnterprise, problemsOf: structuralProblemsOf },
  EMQX: { schema: emqx, problemsOf: structuralProblemsOfEmqx },
};

/**
 * What a custom resource definition does to an object before it is stored, in place: it drops unknown fields, and refuses what has
 * another structure.
 *
 * @throws KubeApiError 422 `Invalid` with all problems, which its `cause` lists
 */
export function admitStructure(object: KubeObject): void {
  for (const steps of unknownSteps(object)) remove(object, steps);
  const problems = (STRUCTURES[object.kind]?.problemsOf(object) ?? []).map(fieldProblem);
  if (problems.length > 0) throw invalidObject(object, problems);
}

/** Paths of fields that the custom resource definition does not have; undefined for a kind of which none are known. */
export function unknownFieldsOf(object: KubeObject): string[] | undefined {
  return Object.hasOwn(STRUCTURES, object.kind) ? unknownSteps(object).map(formatPath) : undefined;
}

function fieldProblem(problem: Problem): FieldProblem {
  return { field: problem.path, message: formatProblem(problem).slice(`'${problem.path}' `.length) };
}

function unknownSteps(object: KubeObject): PropertyKey[][] {
  const issues = STRUCTURES[object.kind]?.schema.safeParse(object).error?.issues ?? [];
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [],
  );
}

function remove(object: unknown, steps: readonly PropertyKey[]): void {
  let parent = object;
  for (const step of steps.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown>)[step];
  if (isRecord(parent)) delete parent[steps.at(-1) as string];
}
