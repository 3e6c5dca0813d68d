import { Argument, type Command, Option } from 'commander';
import type { DemoFlags } from './demo';
import type { End } from './exit';
import type { Manifested, ManifestFlags } from './manifest';
import {
  addAccess,
  clients,
  devices,
  driver,
  generation,
  html,
  nextVersion,
  offlineBudget,
  output,
  ownCluster,
  pacing,
  seed,
  several,
} from './program-options';
import type { SandboxFlags } from './sandbox';
import type { Shell } from './shell';
import type { SimulateFlags } from './simulate-setting';

/** The commands that need no cluster, and their options. */
export function addLocalCommands(program: Command, shell: Shell, end: End): void {
  const simulate = program
    .command('simulate')
    .description('simulate an upgrade in virtual time: its plan, a chart, and its effect on devices')
    .addOption(ownCluster())
    .addOption(generation('file', 'fromCluster'))
    .addOption(
      new Option(
        '--from-cluster <name>',
        'read your own cluster, its nodes and the number of its devices; nothing is written to it',
      ).conflicts('file'),
    )
    .addOption(nextVersion())
    .addOption(
      new Option(
        '--clients <count>',
        'connected clients; a tenth as many offline devices are added (default: 3000, or those of the cluster)',
      ),
    )
    .addOption(devices())
    .option(
      '--will <seconds>',
      'each connected device has a will with this delay, 0 for none; says how many are published',
    )
    .option('--replicas <count>', 'nodes of the cluster')
    .addOption(new Option('--nodes <count>', 'the same as --replicas').conflicts('replicas'))
    .option('--rate <per second>', 'most disconnects per second in the whole cluster')
    .addOption(
      new Option('--cap <per second>', 'several rates with commas between them: what each costs').conflicts([
        'rate',
        'driver',
        'operator',
        'compare',
      ]),
    )
    .addOption(pacing())
    .addOption(offlineBudget())
    .addOption(driver())
    .addOption(
      new Option('--operator <variant>', 'the operator as released, or without its defect')
        .choices(['stock', 'as-designed'])
        .default('stock'),
    )
    .option(
      '--compare <ways>',
      'in which other ways it is simulated: operator, rolling, or operator,rolling',
      'operator',
    )
    .addOption(
      new Option(
        '--fault <name>',
        'instead: an upgrade with this fault, derived from the seed; may be given several times',
      )
        .argParser(several)
        .conflicts([
          'file',
          'generation',
          'setVersion',
          'clients',
          'devices',
          'will',
          'replicas',
          'nodes',
          'rate',
          'cap',
          'fromCluster',
          'pacing',
          'offlineBudget',
          'driver',
          'operator',
          'html',
          'compare',
        ]),
    )
    .addOption(seed())
    .addOption(html())
    .addOption(output())
    .action(async (flags: SimulateFlags & { fault?: string[] }) => {
      const { fault: faults } = flags;
      if (faults) {
        const { runReplay } = await import('./replay.js');
        return end(await runReplay({ ...flags, faults }, shell));
      }
      const { runSimulate } = await import('./simulate.js');
      end(await runSimulate(flags, shell));
    });
  simulate.option('-n, --namespace <namespace>', 'namespace of --from-cluster (default: that of the context)');
  addAccess(simulate);

  program
    .command('sandbox')
    .description('run a simulated Kubernetes cluster on this machine, for kubectl and for the commands above')
    .addOption(ownCluster())
    .addOption(generation('file', 'empty'))
    .option('--empty', 'no cluster yet: apply one with kubectl')
    .option('--clients <count>', 'connected MQTT clients; a tenth as many offline devices are added', '1000')
    .option(
      '--port <number>',
      'NodePort for MQTT if the manifest has no Service for devices; 0 for any free port',
      '32010',
    )
    .option('--kubeconfig-out <file>', 'file to write its kubeconfig to', 'sandbox.kubeconfig')
    .option(
      '--prometheus-targets-out <file>',
      'file to write its nodes to, as targets for Prometheus (file_sd_configs)',
    )
    .addOption(seed())
    .addOption(output())
    .action(async (flags: SandboxFlags) => {
      const { runSandbox } = await import('./sandbox.js');
      end(await runSandbox(flags, shell));
    });

  program
    .command('demo')
    .description('upgrade a simulated cluster with real MQTT clients on this machine, and show the effect')
    .addOption(ownCluster())
    .addOption(generation('file'))
    .addOption(nextVersion())
    .addOption(clients())
    .addOption(devices())
    .option('--rate <per second>', 'most disconnects per second in the whole cluster')
    .addOption(pacing())
    .addOption(offlineBudget())
    .addOption(driver())
    .addOption(seed())
    .addOption(html())
    .addOption(output())
    .action(async (flags: DemoFlags) => {
      const { runDemo } = await import('./demo.js');
      end(await runDemo(flags, shell));
    });

  program
    .command('manifest')
    .description('write plain YAML: monitoring of a cluster, access for upgrades, or the operator')
    .addArgument(new Argument('<what>', 'what to write').choices(['monitoring', 'access', 'operator']))
    .argument('[names...]', 'the cluster to monitor, or those that may be upgraded (default: all in the namespace)')
    .option('-n, --namespace <namespace>', 'namespace of the objects (default: default; for the operator a new one)')
    .addOption(
      new Option(
        '--generation <number>',
        'monitoring, access: EMQX 4.4 (4, the default), EMQX 5 and 6 (5), or both for access',
      ).choices(['4', '5', 'both']),
    )
    .option('--label <name=value>', 'a label for every object; may be given several times', several)
    .option(
      '--service <name>',
      'access: a Service for devices not named <cluster>-mqtt; may be given several times',
      several,
    )
    .option('--rate <per second>', 'monitoring: the connEvictRate of the cluster (default: 1)')
    .option('--runbook-url <url>', 'monitoring: where your runbooks are (default: those of this package)')
    .option(
      '--api-key-secret <name>',
      'monitoring: Secret with an API key of EMQX 5 or 6, under key and secret (needed from 6.3 on)',
    )
    .option('--watch-namespace <namespace>', 'operator: the only namespace it watches (default: all)')
    .option('--no-crds', 'operator: without the custom resource definitions')
    .addOption(
      new Option(
        '--webhook <source>',
        'operator: source of the certificate for its webhook (default: cert-manager)',
      ).choices(['cert-manager', 'none']),
    )
    .option('--webhook-secret <name>', 'operator: Secret with the certificate for its webhook')
    .option(
      '--webhook-ca <file>',
      'operator: file with the CA certificates that the API server is to trust then, as PEM',
    )
    .option('--image <repository>', 'operator: its image in your own registry, without a tag')
    .action(async (what: Manifested, names: string[], flags: ManifestFlags) => {
      const { runManifest } = await import('./manifest.js');
      end(await runManifest(what, names, flags, shell));
    });
}
