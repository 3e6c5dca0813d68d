import { Checks, oncePerPath } from '../checks';
import { KIND } from '../constants';
import { MANAGEMENT_SETTING, managementListener } from '../listeners';
import { inEmqxEnterprise } from '../other-generation';
import { formatPath, type Problem } from '../problem';
import { otherKind } from '../related-kinds';
import { ResourceError } from '../resource-error';
import * as rules from '../rules';
import { at, type Finding, structuralFindings } from '../structure';
import type { EmqxEnterprise } from './emqx-enterprise';
import { emqxEnterprise } from './emqx-enterprise-schema';

type Steps = readonly (string | number)[];

const STRATEGY = ['spec', 'blueGreenUpdate', 'evacuationStrategy'] as const;
const CONTAINER = ['spec', 'template', 'spec', 'emqxContainer'] as const;
const LICENSE = ['spec', 'license'] as const;

/**
 * Validates an EmqxEnterprise of unknown origin and returns it typed, exactly as given.
 *
 * Beyond the structure of the custom resource definition it requires what a blue-green upgrade needs: a version the operator
 * accepts, both eviction rates and the takeover wait where `blueGreenUpdate` is set, and names that are short enough.
 *
 * @param source what was read, for the error, for example the name of a file. @default "EmqxEnterprise"
 * @throws ResourceError with all problems together
 */
export function parseEmqxEnterprise(input: unknown, source: string = KIND): EmqxEnterprise {
  const problems = problemsOf(input);
  if (problems.length > 0) throw new ResourceError(source, problems);
  return input as EmqxEnterprise;
}

/** All problems of an EmqxEnterprise, in the order of the rules, then of the structure; each path once. */
export function problemsOf(input: unknown): Problem[] {
  const other = otherKind(input);
  if (other.length > 0) return other;
  return oncePerPath([...ruleFindings(input), ...structure(input)]);
}

/** Where it does not match the custom resource definition; each path once. */
export function structuralProblemsOf(input: unknown): Problem[] {
  return oncePerPath(structure(input));
}

/** Where it does not match the definition. */
function structure(input: unknown): Finding[] {
  return structuralFindings(emqxEnterprise, input, isSecret, { elsewhere: inEmqxEnterprise });
}

function ruleFindings(input: unknown): Finding[] {
  const checks = new Checks(input);
  checks.check(['metadata', 'name'], rules.clusterName);
  checks.check(['spec', 'replicas'], rules.replicas);
  checks.check([...CONTAINER, 'image', 'version'], rules.emqxVersion);
  checks.check([...CONTAINER, 'emqxConfig', MANAGEMENT_SETTING], managementListener);
  if (at(input, ['spec', 'blueGreenUpdate']) !== undefined) {
    checks.check(['spec', 'blueGreenUpdate', 'initialDelaySeconds'], rules.initialDelay);
    checks.check([...STRATEGY, 'waitTakeover'], rules.waitTakeover);
    checks.check([...STRATEGY, 'connEvictRate'], rules.connectionEvictionRate);
    checks.check([...STRATEGY, 'sessEvictRate'], rules.sessionEvictionRate);
  }
  checkLicense(input, checks);
  checks.checkNodePorts(['spec', 'serviceTemplate', 'spec', 'ports']);
  return checks.findings;
}

function checkLicense(input: unknown, checks: Checks): void {
  const forms = ['data', 'stringData', 'secretName'].filter((form) => at(input, [...LICENSE, form]) !== undefined);
  if (forms.length < 2) return;
  const fix = 'keep secretName, which keeps the license out of the resource, or the one you mean';
  checks.report(
    LICENSE,
    { bound: 'given in one form', reason: 'the operator uses one of them and ignores the others', fix },
    forms.join(', '),
  );
}

/** Whether a value at this path may be, or hold, a secret: license, API keys, settings of EMQX, environment and arguments of containers. */
function isSecret(steps: Steps): boolean {
  const path = formatPath(steps);
  if (/^spec\.license(?!\.secretName)/.test(path)) return true;
  return /\.(bootstrapAPIKeys|env|emqxConfig|args|httpHeaders)\b(?!.*\.(name|key)$)/.test(path);
}
