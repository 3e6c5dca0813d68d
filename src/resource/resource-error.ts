import { formatProblem, type Problem } from './problem';

/** An input is not the expected custom resource. Reports all problems together, one per line. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError';
  readonly code = 'INVALID_RESOURCE';

  constructor(
    /** What was read, for example the name of the file. */
    readonly source: string,
    readonly problems: readonly Problem[],
  ) {
    super(problems.map((problem) => `${source}: ${formatProblem(problem)}`).join('\n'));
  }
}
