import { formatPath, type Problem, type Violation } from './problem';
import { nodePort, nodePortTwice, type Rule } from './rules';
import { at, type Finding } from './structure';

type Steps = readonly (string | number)[];

/** Applies rules to the fields of a resource of unknown origin, and collects what they find. */
export class Checks {
  readonly findings: Finding[] = [];

  constructor(private readonly input: unknown) {}

  /** Reports a violation at a path. */
  report(steps: Steps, violation: Violation | undefined, value: unknown = at(this.input, steps)): void {
    if (violation) this.findings.push({ steps, problem: { path: formatPath(steps), value, ...violation } });
  }

  /** Checks one field, unless a parent is not an object: then the structure is the problem. */
  check(steps: Steps, rule: Rule): void {
    for (let length = 1; length < steps.length; length++) {
      const parent = at(this.input, steps.slice(0, length));
      if (parent !== undefined && !isObject(parent)) return;
    }
    this.report(steps, rule(at(this.input, steps)));
  }

  /** Checks the node ports in a list of ports of a Service. */
  checkNodePorts(steps: Steps): void {
    const ports = at(this.input, steps);
    if (!Array.isArray(ports)) return;
    const taken = new Set<string>();
    ports.forEach((port: unknown, index) => {
      const path = [...steps, index, 'nodePort'];
      this.check(path, nodePort);
      const number = at(port, ['nodePort']);
      if (number === undefined) return;
      const key = `${String(number)}/${String(at(port, ['protocol']) ?? 'TCP')}`;
      if (taken.has(key)) this.report(path, nodePortTwice);
      taken.add(key);
    });
  }
}

/** The problems in the order in which they were found, each path once. */
export function oncePerPath(findings: readonly Finding[]): Problem[] {
  const seen = new Set<string>();
  return findings
    .filter(({ problem }) => !seen.has(problem.path) && seen.add(problem.path))
    .map(({ problem }) => problem);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
