import { KIND } from './constants';
import type { EmqxEnterprise } from './emqx-enterprise';
import { emqxEnterprise } from './emqx-enterprise-schema';
import { MANAGEMENT_SETTING, managementListener } from './listeners';
import { formatPath, type Problem, type Violation } from './problem';
import { otherKind } from './related-kinds';
import { ResourceError } from './resource-error';
import * as rules from './rules';
import { at, type Finding, structuralFindings } from './structure';

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
  return oncePerPath([...ruleFindings(input), ...structuralFindings(emqxEnterprise, input, isSecret)]);
}

/** Where it does not match the custom resource definition; each path once. */
export function structuralProblemsOf(input: unknown): Problem[] {
  return oncePerPath(structuralFindings(emqxEnterprise, input, isSecret));
}

function oncePerPath(findings: readonly Finding[]): Problem[] {
  const seen = new Set<string>();
  return findings
    .filter(({ problem }) => !seen.has(problem.path) && seen.add(problem.path))
    .map(({ problem }) => problem);
}

function ruleFindings(input: unknown): Finding[] {
  const findings: Finding[] = [];
  const report = (steps: Steps, violation: Violation | undefined, value: unknown = at(input, steps)): void => {
    if (violation) findings.push({ steps, problem: { path: formatPath(steps), value, ...violation } });
  };
  /** Checks one field, unless a parent is not an object: then the structure is the problem. */
  const check = (steps: Steps, rule: rules.Rule): void => {
    for (let length = 1; length < steps.length; length++) {
      const parent = at(input, steps.slice(0, length));
      if (parent !== undefined && !isObject(parent)) return;
    }
    report(steps, rule(at(input, steps)));
  };

  check(['metadata', 'name'], rules.clusterName);
  check(['spec', 'replicas'], rules.replicas);
  check([...CONTAINER, 'image', 'version'], rules.emqxVersion);
  check([...CONTAINER, 'emqxConfig', MANAGEMENT_SETTING], managementListener);
  if (at(input, ['spec', 'blueGreenUpdate']) !== undefined) {
    check(['spec', 'blueGreenUpdate', 'initialDelaySeconds'], rules.initialDelay);
    check([...STRATEGY, 'waitTakeover'], rules.waitTakeover);
    check([...STRATEGY, 'connEvictRate'], rules.connectionEvictionRate);
    check([...STRATEGY, 'sessEvictRate'], rules.sessionEvictionRate);
  }
  checkLicense(input, report);
  checkNodePorts(input, check, report);
  return findings;
}

function checkLicense(input: unknown, report: (steps: Steps, violation: Violation, value: unknown) => void): void {
  const forms = ['data', 'stringData', 'secretName'].filter((form) => at(input, [...LICENSE, form]) !== undefined);
  if (forms.length < 2) return;
  const fix = 'keep secretName, which keeps the license out of the resource, or the one you mean';
  report(
    LICENSE,
    { bound: 'given in one form', reason: 'the operator uses one of them and ignores the others', fix },
    forms.join(', '),
  );
}

function checkNodePorts(
  input: unknown,
  check: (steps: Steps, rule: rules.Rule) => void,
  report: (steps: Steps, violation: Violation) => void,
): void {
  const steps = ['spec', 'serviceTemplate', 'spec', 'ports'];
  const ports = at(input, steps);
  if (!Array.isArray(ports)) return;
  const taken = new Set<string>();
  ports.forEach((port: unknown, index) => {
    const path = [...steps, index, 'nodePort'];
    check(path, rules.nodePort);
    const nodePort = at(port, ['nodePort']);
    if (nodePort === undefined) return;
    const key = `${String(nodePort)}/${String(at(port, ['protocol']) ?? 'TCP')}`;
    if (taken.has(key)) report(path, rules.nodePortTwice);
    taken.add(key);
  });
}

/** Whether a value at this path may be, or hold, a secret: license, API keys, settings of EMQX, environment and arguments of containers. */
function isSecret(steps: Steps): boolean {
  const path = formatPath(steps);
  if (/^spec\.license(?!\.secretName)/.test(path)) return true;
  return /\.(bootstrapAPIKeys|env|emqxConfig|args|httpHeaders)\b(?!.*\.(name|key)$)/.test(path);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
