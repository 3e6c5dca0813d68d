import { Argument, type Command } from 'commander';
import type { ApproveFlags } from './approve';
import type { End } from './exit';
import { addAccess, addCluster, several } from './program-options';
import type { RunnerFlags } from './runner';
import type { Shell } from './shell';

/** The commands for upgrades from inside the cluster, and their options. */
export function addRunnerCommands(program: Command, shell: Shell, end: End): void {
  const approve = program
    .command('approve')
    .description('approve the upgrade that waits, so that a runner in the cluster begins it');
  approve.option('--template <digest>', 'only this template; another one that waits is refused');
  approve.option('--runner-namespace <namespace>', 'namespace of the runner (default: where one follows the cluster)');
  addCluster(approve);
  approve.action(async (name: string | undefined, flags: ApproveFlags) => {
    const { runApprove } = await import('./approve.js');
    end(await runApprove(name, flags, shell));
  });

  const runner = program
    .command('runner')
    .description('upgrade clusters as a policy says, from inside Kubernetes; or write the YAML of that')
    .addArgument(new Argument('[what]', 'instead: write plain YAML of the runner').choices(['manifest']))
    .option('-n, --namespace <namespace>', 'namespace of the runner, with its policy (default: that of the context)')
    .option('--watch-namespace <namespace>', 'namespace of clusters; may be given several times', several)
    .option('-A, --all-namespaces', 'the clusters of all namespaces (default: those of its own)')
    .option('--port <number>', 'port for metrics and probes; 0 for any free port (default: 8080)')
    .option('--webhook-url-file <file>', 'file with the URL that notifications are sent to')
    .option('--image <reference>', 'manifest: the image of the runner')
    .option('--replicas <count>', 'manifest: pods, of which one works (default: 1)')
    .option('--policy <file>', 'manifest: file with the policy; - reads standard input')
    .option(
      '--webhook-secret <name>',
      'manifest: Secret with the URL that notifications are sent to, under the key url',
    )
    .option('--monitoring', 'manifest: also a PodMonitor, alerts and a dashboard')
    .option('--label <name=value>', 'manifest: a label for every object; may be given several times', several);
  addAccess(runner);
  runner.action(async (what: 'manifest' | undefined, flags: RunnerFlags) => {
    const { runRunner } = await import('./runner.js');
    end(await runRunner(what, flags, shell));
  });
}
