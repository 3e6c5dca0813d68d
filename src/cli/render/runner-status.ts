import { RUNNER_NAME } from '../../resource/runner-policy';
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
  const why = `\`kubectl -n ${namespace} get pods,events\` and \`kubectl -n ${namespace} logs deployment/${RUNNER_NAME}\` say why`;
  const work = lease?.live ? `${lease.holder} works since ${moment(lease.acquiredAt)}` : `none works; ${why}`;
  const problems = policyProblems.flatMap((problem) => wrap(safe(`‼ its policy: ${problem}`), width));
  const waits = wait ? wrap(safe(`${wait.reason}: ${wait.text}`), width) : [];
  return ['', ...wrap(safe(`${name}: ${work}`), width), ...problems.map(style.yellow), ...waits];
}
