import { Checks, oncePerPath } from '../checks';
import { inEmqx } from '../other-generation';
import { formatPath, type Problem } from '../problem';
import { ResourceError } from '../resource-error';
import { connectionEvictionRate, initialDelay, sessionEvictionRate, waitTakeover } from '../rules';
import { at, type Finding, structuralFindings } from '../structure';
import { problemsOfConfig } from './config-data';
import { EMQX_API_VERSION, EMQX_KIND, EMQX_V2_API_VERSION, EMQX_V3_API_VERSION } from './constants';
import type { Emqx } from './emqx';
import { emqxSchemaOf } from './emqx-schema';
import * as rules from './rules';

type Steps = readonly (string | number)[];

const CONFIG = ['spec', 'config', 'data'] as const;
const UPDATE = ['spec', 'updateStrategy'] as const;
const TEMPLATES = ['coreTemplate', 'replicantTemplate'] as const;

/**
 * Validates an EMQX of unknown origin and returns it typed, exactly as given.
 *
 * Beyond the structure of the custom resource definition it requires what a blue-green upgrade by EMQX Operator 2.2 needs: an image
 * of an edition that can evacuate a node, with its version as tag; rates and a wait that EMQX accepts; nodes under the names the
 * operator looks for; no more than ten cores; and a `config.data` that the operator can read.
 *
 * Version v2, of operator 2.3, is read by the same rules, and stays v2.
 *
 * @param source what was read, for the error, for example the name of a file. @default "EMQX"
 * @throws ResourceError with all problems together
 */
export function parseEmqx(input: unknown, source: string = EMQX_KIND): Emqx {
  const problems = problemsOfEmqx(input);
  if (problems.length > 0) throw new ResourceError(source, problems);
  return input as Emqx;
}

/** All problems of an EMQX, in the order of the rules, then of the structure; each path once. */
export function problemsOfEmqx(input: unknown): Problem[] {
  const other = otherKind(input);
  if (other.length > 0) return other;
  const data = at(input, CONFIG);
  const ofConfig = typeof data === 'string' ? problemsOfConfig(data) : [];
  return oncePerPath([
    ...ruleFindings(input),
    ...ofConfig.map((problem) => ({ steps: CONFIG, problem })),
    ...structure(input),
  ]);
}

/** Where it does not match the custom resource definition; each path once. */
export function structuralProblemsOfEmqx(input: unknown): Problem[] {
  return oncePerPath(structure(input));
}

function structure(input: unknown): Finding[] {
  return structuralFindings(emqxSchemaOf(at(input, ['apiVersion'])), input, isSecret, { elsewhere: inEmqx });
}

/** The problem of a resource of another kind or version, of which nothing else can be checked. */
function otherKind(input: unknown): Problem[] {
  const [kind, apiVersion] = [at(input, ['kind']), at(input, ['apiVersion'])];
  const problems: Problem[] = [];
  if (kind !== EMQX_KIND) {
    const reason = 'EMQX 5 and 6 are described by this kind only';
    problems.push({ path: 'kind', value: kind, bound: EMQX_KIND, reason, fix: `write kind: ${EMQX_KIND}` });
  }
  if (apiVersion !== EMQX_API_VERSION && apiVersion !== EMQX_V2_API_VERSION) {
    const problem = { path: 'apiVersion', value: apiVersion, bound: EMQX_API_VERSION };
    const reason = 'EMQX 5 and 6 are described by this version only';
    const known = typeof apiVersion === 'string' && Object.hasOwn(OTHER_VERSIONS, apiVersion);
    problems.push({
      ...problem,
      ...(known ? OTHER_VERSIONS[apiVersion]! : { reason, fix: `write apiVersion: ${EMQX_API_VERSION}` }),
    });
  }
  return problems;
}

/** Other versions of the kind EMQX, and what to do with them. @see docs/generations.md */
const OTHER_VERSIONS: Readonly<Record<string, Pick<Problem, 'reason' | 'fix'>>> = {
  'apps.emqx.io/v2alpha1': {
    reason: 'operator 2.2 still stores this version, but reconciles v2beta1 only',
    fix: 'let the cluster convert it: kubectl get emqxes.v2beta1.apps.emqx.io NAME -o yaml',
  },
  [EMQX_V3_API_VERSION]: {
    reason: 'this version belongs to operator 3, which has no blue-green upgrade that could wait for a command',
    fix: 'leave its upgrade to the operator, or run the cluster with operator 2.2',
  },
};

function ruleFindings(input: unknown): Finding[] {
  const checks = new Checks(input);
  checks.check(['metadata', 'name'], rules.emqxName);
  checks.check(['spec', 'image'], rules.emqxImage);
  // Operator 2.3 finds cores by the names of their pods, whatever their domain.
  if (at(input, ['apiVersion']) !== EMQX_V2_API_VERSION) checks.check(['spec', 'clusterDomain'], rules.clusterDomain);
  checks.check(['spec', 'coreTemplate', 'spec', 'replicas'], rules.cores);
  checks.check(['spec', 'replicantTemplate', 'spec', 'replicas'], rules.replicants);
  checkUpdateStrategy(input, checks);
  for (const template of TEMPLATES) checkTemplate(input, checks, ['spec', template, 'spec']);
  checkApiKeys(input, checks);
  for (const service of ['dashboardServiceTemplate', 'listenersServiceTemplate']) {
    checks.checkNodePorts(['spec', service, 'spec', 'ports']);
  }
  return checks.findings;
}

/** Absent altogether it is complete: the definition fills it in. */
function checkUpdateStrategy(input: unknown, checks: Checks): void {
  if (at(input, UPDATE) === undefined) return;
  checks.check([...UPDATE, 'initialDelaySeconds'], initialDelay);
  const strategy = [...UPDATE, 'evacuationStrategy'];
  if (at(input, strategy) === undefined) {
    checks.check(strategy, () => rules.noEvacuationStrategy);
    return;
  }
  // The definition fills in a missing rate; that of v2 a missing wait, too.
  const isWaitRequired = at(input, ['apiVersion']) !== EMQX_V2_API_VERSION;
  for (const [field, rule, isRequired] of [
    ['waitTakeover', waitTakeover, isWaitRequired],
    ['connEvictRate', connectionEvictionRate, false],
    ['sessEvictRate', sessionEvictionRate, false],
  ] as const) {
    if (isRequired || at(input, [...strategy, field]) !== undefined) checks.check([...strategy, field], rule);
  }
}

function checkTemplate(input: unknown, checks: Checks, spec: Steps): void {
  checks.check([...spec, 'toleRations'], rules.oldSpelling);
  const [least, most] = ['minAvailable', 'maxUnavailable'].map((bound) => at(input, [...spec, bound]));
  if (least !== undefined && most !== undefined) checks.report([...spec, 'maxUnavailable'], rules.bothBounds);
  const env = at(input, [...spec, 'env']);
  if (!Array.isArray(env)) return;
  env.forEach((_, index) => {
    checks.check([...spec, 'env', index, 'name'], rules.variableName);
  });
}

function checkApiKeys(input: unknown, checks: Checks): void {
  const steps = ['spec', 'bootstrapAPIKeys'];
  const keys = at(input, steps);
  if (!Array.isArray(keys)) return;
  keys.forEach((apiKey: unknown, index) => {
    if (typeof apiKey !== 'object' || apiKey === null) return;
    checks.check([...steps, index, 'key'], rules.apiKeyName);
    const given = ['key', 'secret', 'secretRef'].filter((field) => at(apiKey, [field]) !== undefined).join(', ');
    if (given === 'key, secret' || given === 'secretRef') return;
    checks.report([...steps, index], rules.apiKeyForm, given || 'neither');
  });
}

/** Whether a value at this path may be, or hold, a secret: configuration, API keys, environment and arguments of containers. */
function isSecret(steps: Steps): boolean {
  const path = formatPath(steps);
  return /\.(bootstrapAPIKeys|config|env|args|httpHeaders)\b(?!.*\.(name|key|mode|secretName|secretKey)$)/.test(path);
}
