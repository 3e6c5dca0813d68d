import { formatProblem, type Problem, type Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';

/** Collects the problems of the properties of a construct, under the names that the caller knows. */
export class Findings {
  private readonly problems: Problem[];

  /** @param problems already known ones */
  constructor(problems: readonly Problem[] = []) {
    this.problems = [...problems];
  }

  check(path: string, value: unknown, rule: Rule): void {
    this.report(path, value, rule(value));
  }

  report(path: string, value: unknown, violation: Violation | undefined): void {
    if (violation) this.add({ path, value, ...violation });
  }

  add(problem: Problem): void {
    this.problems.push(problem);
  }

  /** Whether a problem of the property at the start of a path is already known. */
  concern(path: string): boolean {
    return this.problems.some((problem) => propertyOf(problem.path) === propertyOf(path));
  }

  /** In the order in which they were found. */
  get all(): readonly Problem[] {
    return this.problems;
  }

  /** The messages, for `node.addValidation`. */
  messages(): string[] {
    return this.problems.map(formatProblem);
  }
}

/** Of the nodes of a role each option counts for itself. */
function propertyOf(path: string): string {
  return /^(?:(?:cores|replicants)\.)?[^.[]*/.exec(path)![0];
}
