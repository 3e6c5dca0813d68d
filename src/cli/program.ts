import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Argument, Command, CommanderError, Option } from 'commander';
import type { ClusterFlags } from './connection';
import type { DemoFlags } from './demo';
import { EXAMPLES } from './examples';
import { EXIT, type ExitCode } from './exit';
import type { Manifested, ManifestFlags } from './manifest';
import type { RescueFlags } from './rescue';
import type { SandboxFlags } from './sandbox';
import type { Shell } from './shell';
import type { SimulateFlags } from './simulate';
import type { StatusFlags } from './status';
import type { UpgradeFlags } from './upgrade';
import type { DriveFlags, WantedFlags } from './upgrade-options';

/**
 * Runs the command that the shell's words name, and tells how it ended. Each command is loaded when it is run: help and
 * version load nothing but the parser.
 */
export async function runProgram(shell: Shell): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  let acting: Command | undefined;
  const program = define(shell, (exitCode) => {
    code = exitCode;
  }).hook('preAction', (_, command) => {
    acting = command;
  });
  try {
    if (shell.words[0] === COMPLETE) {
      const { completions } = await import('./completion.js');
      shell.out.write(completions(program, shell.words.slice(1)));
      return EXIT.done;
    }
    await program.parseAsync(shell.words, { from: 'user' });
    return code;
  } catch (error) {
    const { words, out } = shell;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done;
      // People have been told by the parser.
      if (asksJson(words)) (await import('./errors.js')).writeUsageError(error.message, out, formOf(words[0], words));
      return EXIT.badInput;
    }
    const { reportFailure: tellFailure } = await import('./errors.js');
    return tellFailure(error, shell, asksJson(words) ? formOf(acting?.name(), words) : 'text');
  }
}

/** The word with which the scripts of `completion` ask what may come next. */
const COMPLETE = '__complete';

/** Whether a program reads what is written, by the words alone: errors of the parser are to be in its form, too. */
function asksJson(words: readonly string[]): boolean {
  return words.some(
    (word, index) =>
      /^(-o=?|--output=)json$/.test(word) || (/^(-o|--output)$/.test(word) && words[index + 1] === 'json'),
  );
}

/** Whether an error is the one object that is written, or the last one of many. */
function formOf(command: string | undefined, words: readonly string[]): 'object' | 'lines' {
  const isWatched = words.includes('--watch') || words.includes('-w');
  return isWatched || ['upgrade', 'attach', 'sandbox'].includes(command ?? '') ? 'lines' : 'object';
}

type End = (code: ExitCode) => void;

/**
 * The commands and their options.
 *
 * @param end is told the exit code of the command that was run.
 */
export function define(shell: Shell, end: End): Command {
  const { version } = JSON.parse(readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  const program = new Command(shell.name)
    .description('Blue-green upgrades of EMQX Enterprise 4.4 on Kubernetes: planned, watched, each device moved once.')
    .version(version)
    .configureOutput({
      writeOut: (text) => void shell.out.write(text),
      writeErr: (text) => void shell.err.write(text),
      getOutHelpWidth: () => shell.out.columns || 100,
      getErrHelpWidth: () => shell.err.columns || 100,
    })
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError('(--help tells the commands and options)')
    .exitOverride();
  program.commandsGroup('On a cluster:');
  addClusterCommands(program, shell, end);
  program.commandsGroup('Without a cluster:');
  addLocalCommands(program, shell, end);
  addCompletion(program, shell, end);
  addExamples(program, [...program.commands.flatMap((command) => EXAMPLES[command.name()]?.[0] ?? [])]);
  for (const command of program.commands) addExamples(command, EXAMPLES[command.name()] ?? []);
  return program;

  function addExamples(command: Command, lines: readonly string[]): void {
    if (lines.length === 0) return;
    command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${shell.name} ${line}`).join('\n')}`);
  }
}

function addClusterCommands(program: Command, shell: Shell, end: End): void {
  const check = program.command('check').description('tell whether a cluster is fit for an upgrade; changes nothing');
  addWanted(check);
  addCluster(check);
  check.action(async (name: string | undefined, flags: WantedFlags) => {
    const { runCheck } = await import('./check.js');
    end(await runCheck(name, flags, shell));
  });

  const plan = program.command('plan').description('tell what an upgrade would do; changes nothing');
  addWanted(plan);
  addDrive(plan);
  addCluster(plan);
  plan.action(async (name: string | undefined, flags: DriveFlags) => {
    const { runPlan } = await import('./plan.js');
    end(await runPlan(name, flags, shell));
  });

  const upgrade = program.command('upgrade').description('upgrade a cluster, or go on with an upgrade that was left');
  addWanted(upgrade);
  addDrive(upgrade);
  upgrade.option('-y, --yes', 'do not ask');
  upgrade.option('--no-wait', 'do not wait for the lease of somebody who may be gone');
  addCluster(upgrade);
  upgrade.action(async (name: string | undefined, flags: UpgradeFlags) => {
    const { runUpgradeCommand } = await import('./upgrade.js');
    end(await runUpgradeCommand(name, flags, shell));
  });

  const status = program.command('status').description('tell how a cluster and its upgrade stand');
  status.option('-w, --watch', 'until Ctrl-C');
  status.option('-A, --all-namespaces', 'of all clusters in all namespaces, one by one');
  addCluster(status);
  status.action(async (name: string | undefined, flags: StatusFlags) => {
    const { runStatus } = await import('./status.js');
    end(await runStatus(name, flags, shell));
  });

  const attach = program.command('attach').description('watch the upgrade that somebody else runs, to its end');
  addCluster(attach);
  attach.action(async (name: string | undefined, flags: ClusterFlags) => {
    const { runAttach } = await import('./attach.js');
    end(await runAttach(name, flags, shell));
  });

  for (const [word, description] of CONTROLS) {
    const control = program.command(word).description(description);
    addCluster(control);
    control.action(async (name: string | undefined, flags: ClusterFlags) => {
      const { runControl } = await import('./control.js');
      end(await runControl({ do: word }, name, flags, shell));
    });
  }

  const rate = program.command('rate').description('give the upgrade under way another rate');
  rate.argument('<per second>', 'most disconnects per second in the whole cluster, from now on');
  addCluster(rate);
  rate.action(async (perSecond: string, name: string | undefined, flags: ClusterFlags) => {
    const { runRate } = await import('./control.js');
    end(await runRate(perSecond, name, flags, shell));
  });

  const rescue = program.command('rescue').description('find what a cluster got stuck in, and cure it once agreed');
  rescue.option('-y, --yes', 'do not ask');
  addCluster(rescue);
  rescue.action(async (name: string | undefined, flags: RescueFlags) => {
    const { runRescue } = await import('./rescue.js');
    end(await runRescue(name, flags, shell));
  });

  const report = program.command('report').description('tell what the last upgrade did');
  addCluster(report);
  report.action(async (name: string | undefined, flags: ClusterFlags) => {
    const { runReportCommand } = await import('./report.js');
    end(await runReportCommand(name, flags, shell));
  });
}

function addLocalCommands(program: Command, shell: Shell, end: End): void {
  program
    .command('simulate')
    .description('play an upgrade in virtual time: its plan, a chart, and what devices see of it')
    .addOption(ownCluster())
    .addOption(nextVersion())
    .addOption(clients())
    .option('--replicas <count>', 'nodes of the cluster')
    .option('--rate <per second>', 'most disconnects per second in the whole cluster')
    .addOption(driver())
    .addOption(
      new Option('--operator <variant>', 'the operator as released, or without its defect')
        .choices(['stock', 'as-designed'])
        .default('stock'),
    )
    .addOption(
      new Option('--fault <name>', 'instead: the upgrade that the seed makes of this fault; may be given several times')
        .argParser(several)
        .conflicts(['file', 'setVersion', 'clients', 'replicas', 'rate', 'driver', 'operator']),
    )
    .addOption(seed())
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

  program
    .command('sandbox')
    .description('keep a simulated Kubernetes cluster on this machine, for kubectl and for the commands above')
    .addOption(ownCluster())
    .option('--empty', 'no cluster yet: apply one with kubectl')
    .option('--clients <count>', 'MQTT clients; another tenth are devices that are away', '1000')
    .option(
      '--port <number>',
      'NodePort for MQTT, where the manifest brings no Service; 0 for any that is free',
      '32010',
    )
    .option('--kubeconfig-out <file>', 'where its kubeconfig is written', 'sandbox.kubeconfig')
    .option('--prometheus-targets-out <file>', 'where its nodes are written for a Prometheus (file_sd_configs)')
    .addOption(seed())
    .addOption(output())
    .action(async (flags: SandboxFlags) => {
      const { runSandbox } = await import('./sandbox.js');
      end(await runSandbox(flags, shell));
    });

  program
    .command('demo')
    .description('upgrade a simulated cluster with real MQTT clients on this machine, and show what it does')
    .addOption(ownCluster())
    .addOption(nextVersion())
    .addOption(clients())
    .option('--rate <per second>', 'most disconnects per second in the whole cluster')
    .addOption(driver())
    .addOption(seed())
    .addOption(output())
    .action(async (flags: DemoFlags) => {
      const { runDemo } = await import('./demo.js');
      end(await runDemo(flags, shell));
    });

  program
    .command('manifest')
    .description('write what belongs to a cluster as plain YAML: monitoring, access for upgrades, or the operator')
    .addArgument(new Argument('<what>', 'of what').choices(['monitoring', 'access', 'operator']))
    .argument(
      '[names...]',
      'the cluster that is watched, or those that may be upgraded (default: all of the namespace)',
    )
    .option('-n, --namespace <namespace>', 'where it goes (default: default; of the operator a new one)')
    .option('--label <name=value>', 'a label of every object; may be given several times', several)
    .option('--service <name>', 'access: a Service of another name that may be switched; several times', several)
    .option('--rate <per second>', 'monitoring: the connEvictRate of the cluster (default: 1)')
    .option('--runbook-url <url>', 'monitoring: where your runbooks are (default: those of this package)')
    .option('--watch-namespace <namespace>', 'operator: the only namespace it looks after (default: all)')
    .option('--no-crds', 'operator: without the custom resource definitions')
    .addOption(
      new Option('--webhook <source>', 'operator: who issues its certificate (default: cert-manager)').choices([
        'cert-manager',
        'none',
      ]),
    )
    .option('--webhook-secret <name>', 'operator: a Secret that holds the certificate instead')
    .option('--webhook-ca <file>', 'operator: the certificates that the API server trusts then, as PEM')
    .option('--image <repository>', 'operator: its image in a registry of your own, without a tag')
    .action(async (what: Manifested, names: string[], flags: ManifestFlags) => {
      const { runManifest } = await import('./manifest.js');
      end(await runManifest(what, names, flags, shell));
    });
}

function addCompletion(program: Command, shell: Shell, end: End): void {
  program
    .command('completion')
    .description('write a script that completes this command in a shell')
    .addArgument(new Argument('<shell>', 'which one').choices(['bash', 'zsh', 'fish']))
    .action(async (name: 'bash' | 'zsh' | 'fish') => {
      const { completionScript } = await import('./completion.js');
      shell.out.write(completionScript(name));
      end(EXIT.done);
    });
}

/** A value that may be given several times. */
const several = (value: string, values: string[] = []) => [...values, value];

/** What may be asked of an upgrade under way, in one word. */
const CONTROLS = [
  ['pause', 'let nobody be disconnected any more until the upgrade is resumed'],
  ['resume', 'go on with an upgrade that is paused'],
  ['abort', 'give the cluster back what it was before the upgrade, and move devices back'],
] as const;

/** Which cluster, and the way to it. */
function addCluster(command: Command): void {
  command
    .argument(
      '[name]',
      'the EmqxEnterprise, as NAME or emqxenterprise/NAME; may be left out where its namespace has one',
    )
    .option('-n, --namespace <namespace>', 'where the cluster is (default: of the manifest, or of the context)')
    .option('--context <name>', 'context of the kubeconfig (default: the current one)')
    .option('--kubeconfig <file>', 'how to reach Kubernetes (default: as kubectl)')
    .option('--as <user>', 'act for this user, as kubectl does')
    .option('--as-group <group>', 'act for this group, too; may be given several times', several)
    .option('--as-uid <uid>', 'and with this uid')
    .option(
      '--request-timeout <time>',
      'how long one request to the API server may take, such as 10s; 0 for no end (default: 30s)',
    )
    .option(
      '--emqx-url <template>',
      'reach the nodes at this URL, in which {pod} and {namespace} are replaced (default: by port-forward)',
    )
    .addOption(output());
}

/** What to upgrade to. */
function addWanted(command: Command): void {
  command.option('-f, --file <manifest>', 'the cluster as it shall be; - reads standard input').addOption(toVersion());
}

/** How to upgrade. */
function addDrive(command: Command): void {
  command
    .option('--rate <per second>', 'most disconnects per second in the whole cluster (default: the eviction rate)')
    .addOption(driver())
    .option('--accept-loss', 'let the operator upgrade alone although sessions are lost')
    .option('--accept-downgrade', 'let the version be older, within one minor line')
    .option('--ready-timeout <seconds>', 'how long the new nodes may take for one step nearer to ready (default: 600)')
    .option('--stall-timeout <seconds>', 'how long nothing may move elsewhere (default: 120)')
    .option(
      '--offline-budget <count>',
      'most devices that may be away at a time, or none for no limit (default: by the rate)',
    )
    .addOption(
      new Option('--on-failure <what>', 'when it ends by itself: stand still, or go back (default: stop)').choices([
        'stop',
        'abort',
      ]),
    )
    .addOption(
      new Option(
        '--on-loss <what>',
        'when the operator was released and removed old nodes (default: continue)',
      ).choices(['continue', 'stop']),
    );
}

const ownCluster = () =>
  new Option('-f, --file <manifest>', 'a cluster of your own instead of the quickstart; - reads standard input');
const toVersion = () => new Option('--set-version <version>', 'EMQX version to upgrade to; nothing else changes');
const nextVersion = () =>
  new Option('--set-version <version>', 'EMQX version to upgrade to (default: the next patch of what the cluster has)');
const clients = () =>
  new Option('--clients <count>', 'connected clients; another tenth are devices that are away').default('3000');
const seed = () => new Option('--seed <number>', 'what everything random follows from').default('1');
const driver = () => new Option('--driver <driver>', 'who upgrades').choices(['pilot', 'operator']).default('pilot');
const output = () =>
  new Option('-o, --output <form>', 'for people or for programs').choices(['text', 'json']).default('text');
