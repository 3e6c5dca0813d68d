import type { RunnerStatus } from '../../runner';
import type { Canvas } from './style';
import { moment, safe, wrap } from './text';

/**
 * The runner that follows a cluster, and what that waits for.
 *
 * @param isAskedFor whether its namespace was named: otherwise one that follows other clusters, or may not be read, is not shown
 */
export function renderRunner(runner: RunnerStatus | null, isAskedFor: boolean, { style, width }: Canvas): string[] {
  if (!runner) return isAskedFor ? ['', 'runner: there is none'] : [];
  const { namespace, unknown, lease, isFollowed, policyProblems = [], wait } = runner;
  const name = `runner in ${namespace}`;
  if (unknown !== undefined) return isAskedFor ? ['', ...wrap(safe(`${name}: unknown, ${unknown}`), width)] : [];
  if (isFollowed === false) return isAskedFor ? ['', safe(`${name}: does not follow this cluster`)] : [];
  const work = lease?.live ? `${lease.holder} works since ${moment(lease.acquiredAt)}` : 'none works';
  const problems = policyProblems.flatMap((problem) => wrap(safe(`‼ its policy: ${problem}`), width));
  const waits = wait ? wrap(safe(`${wait.reason}: ${wait.text}`), width) : [];
  return ['', safe(`${name}: ${work}`), ...problems.map(style.yellow), ...waits];
}
