import { formatProblem, type Problem, type Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';

/** Gathers what is wrong with the properties of a construct, under the names the caller knows. */
export class Findings {
  private readonly problems: Problem[];

  /** @param problems what is known already */
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

  /** Whether something is wrong already with the property a path begins with. */
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

function propertyOf(path: string): string {
  return path.split(/[.[]/, 1)[0]!;
}
