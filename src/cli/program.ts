import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Argument, Command, CommanderError, Option } from 'commander';
import type { AttachFlags } from './attach';
import type { ClusterFlags } from './connection';
import { EXAMPLES } from './examples';
import { type End, EXIT, type ExitCode } from './exit';
import { addLocalCommands } from './local-commands';
import type { PlanFlags } from './plan';
import { addCluster, devices, driver, html, noFleet, offlineBudget, pacing, toVersion } from './program-options';
import type { ReportFlags } from './report';
import type { RescueFlags } from './rescue';
import { addRunnerCommands } from './runner-commands';
import type { Shell } from './shell';
import type { StatusFlags } from './status';
import type { UpgradeFlags } from './upgrade';
import type { FleetFlags, WantedFlags } from './upgrade-options';

/**
 * Runs the command that the shell's words name, and returns its exit code. Each command is loaded when it is run: help and
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
      // The parser has already printed the error for people.
      if (asksJson(words)) (await import('./errors.js')).writeUsageError(error.message, out, formOf(words[0], words));
      return EXIT.badInput;
    }
    const { reportFailure: tellFailure } = await import('./errors.js');
    return tellFailure(error, shell, asksJson(words) ? formOf(acting?.name(), words) : 'text');
  }
}

/** The word with which the scripts of `completion` ask what may come next. */
const COMPLETE = '__complete';

/** Whether JSON is asked for, by the words alone: errors of the parser are to be JSON, too. */
function asksJson(words: readonly string[]): boolean {
  return words.some(
    (word, index) =>
      /^(-o=?|--output=)json$/.test(word) || (/^(-o|--output)$/.test(word) && words[index + 1] === 'json'),
  );
}

/** Whether an error is the only JSON object of the output, or the last line of many. */
function formOf(command: string | undefined, words: readonly string[]): 'object' | 'lines' {
  const isWatched = words.includes('--watch') || words.includes('-w');
  return isWatched || ['upgrade', 'attach', 'sandbox', 'runner'].includes(command ?? '') ? 'lines' : 'object';
}

/**
 * The commands and their options.
 *
 * @param end receives the exit code of the command that was run.
 */
export function define(shell: Shell, end: End): Command {
  const { version } = JSON.parse(readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  const program = new Command(shell.name)
    .description(
      'Blue-green upgrades of EMQX on Kubernetes (Enterprise 4.4, 5 and 6): planned, watched, each device moved once.',
    )
    .version(version)
    .configureOutput({
      writeOut: (text) => void shell.out.write(text),
      writeErr: (text) => void shell.err.write(text),
      getOutHelpWidth: () => shell.out.columns || 100,
      getErrHelpWidth: () => shell.err.columns || 100,
    })
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError('(--help lists the commands and options)')
    .exitOverride();
  program.commandsGroup('On a cluster:');
  addClusterCommands(program, shell, end);
  program.commandsGroup('In the cluster:');
  addRunnerCommands(program, shell, end);
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
  const check = program
    .command('check')
    .description('report whether a cluster is ready for an upgrade; changes nothing');
  addWanted(check);
  check.addOption(noFleet());
  addCluster(check);
  check.action(async (name: string | undefined, flags: WantedFlags & FleetFlags) => {
    const { runCheck } = await import('./check.js');
    end(await runCheck(name, flags, shell));
  });

  const plan = program.command('plan').description('show what an upgrade would do; changes nothing');
  addWanted(plan);
  addDrive(plan);
  plan.addOption(noFleet());
  plan.option('--simulate', 'also play the planned upgrade in virtual time: what devices would notice of it');
  plan.addOption(devices());
  addCluster(plan);
  plan.action(async (name: string | undefined, flags: PlanFlags) => {
    const { runPlan } = await import('./plan.js');
    end(await runPlan(name, flags, shell));
  });

  const upgrade = program
    .command('upgrade')
    .description('upgrade a cluster, or resume an upgrade that was interrupted');
  addWanted(upgrade);
  addDrive(upgrade);
  upgrade.addOption(noFleet());
  upgrade.option('-y, --yes', 'do not ask');
  upgrade.addOption(html());
  upgrade.option('--no-wait', 'do not wait for a lease whose holder may be gone');
  upgrade
    .option('--in-cluster', 'hand the upgrade over to a runner in the cluster, or to a Job, and watch it')
    .option('--image <reference>', 'with --in-cluster: the image of a Job that drives it where no runner does')
    .option('--runner-namespace <namespace>', 'with --in-cluster: namespace of the runner (default: looked for)');
  addCluster(upgrade);
  upgrade.action(async (name: string | undefined, flags: UpgradeFlags) => {
    const { runUpgradeCommand } = await import('./upgrade.js');
    end(await runUpgradeCommand(name, flags, shell));
  });

  const status = program.command('status').description('show the state of a cluster and of its upgrade');
  status.option('-w, --watch', 'keep watching until Ctrl-C');
  status.option('-A, --all-namespaces', 'all clusters in all namespaces, one by one');
  status.option('--runner-namespace <namespace>', 'namespace of the runner (default: where one follows the cluster)');
  addCluster(status);
  status.action(async (name: string | undefined, flags: StatusFlags) => {
    const { runStatus } = await import('./status.js');
    end(await runStatus(name, flags, shell));
  });

  const attach = program.command('attach').description('watch an upgrade that another process runs, until it ends');
  attach.option('--drive', 'drive it from here whenever no other process does');
  addCluster(attach);
  attach.action(async (name: string | undefined, flags: AttachFlags) => {
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

  const rate = program.command('rate').description('change the rate of the upgrade under way');
  rate.argument('<per second>', 'most disconnects per second in the whole cluster, from now on');
  addCluster(rate);
  rate.action(async (perSecond: string, name: string | undefined, flags: ClusterFlags) => {
    const { runRate } = await import('./control.js');
    end(await runRate(perSecond, name, flags, shell));
  });

  const rescue = program
    .command('rescue')
    .description('find out what a cluster is stuck in, and repair it once you agree');
  rescue.option('-y, --yes', 'do not ask');
  addCluster(rescue);
  rescue.action(async (name: string | undefined, flags: RescueFlags) => {
    const { runRescue } = await import('./rescue.js');
    end(await runRescue(name, flags, shell));
  });

  const report = program.command('report').description('show the report of the last upgrade');
  report.addOption(html());
  addCluster(report);
  report.action(async (name: string | undefined, flags: ReportFlags) => {
    const { runReportCommand } = await import('./report.js');
    end(await runReportCommand(name, flags, shell));
  });
}

function addCompletion(program: Command, shell: Shell, end: End): void {
  program
    .command('completion')
    .description('write a completion script for a shell')
    .addArgument(new Argument('<shell>', 'name of the shell').choices(['bash', 'zsh', 'fish']))
    .action(async (name: 'bash' | 'zsh' | 'fish') => {
      const { completionScript } = await import('./completion.js');
      shell.out.write(completionScript(name));
      end(EXIT.done);
    });
}

/** The requests to an upgrade under way that take no argument. */
const CONTROLS = [
  ['pause', 'pause the upgrade: no devices are disconnected until it is resumed'],
  ['resume', 'resume an upgrade that is paused or that no process drives'],
  ['abort', 'abort the upgrade: move devices back and restore the cluster as it was before'],
] as const;

/** Options: what to upgrade to. */
function addWanted(command: Command): void {
  command
    .option('-f, --file <manifest>', 'manifest of the desired cluster; - reads standard input')
    .addOption(toVersion());
}

/** Options: how to upgrade. */
function addDrive(command: Command): void {
  command
    .option('--rate <per second>', 'most disconnects per second in the whole cluster (default: the eviction rate)')
    .addOption(pacing())
    .addOption(driver())
    .option('--accept-loss', 'let the operator upgrade alone even though sessions are lost')
    .option('--accept-downgrade', 'allow an older version, within one minor line')
    .option('--ready-timeout <seconds>', 'longest time without progress while new nodes start (default: 600)')
    .option('--stall-timeout <seconds>', 'longest time without progress elsewhere (default: 120)')
    .addOption(offlineBudget())
    .option(
      '--back-percent <percent>',
      'connections and subscriptions that must be back in the end, by the report (default: 99)',
    )
    .addOption(
      new Option(
        '--on-failure <what>',
        'if the upgrade cannot continue: stop, or abort and move devices back (default: stop)',
      ).choices(['stop', 'abort']),
    )
    .addOption(
      new Option('--on-loss <what>', 'if the operator was released and removed old nodes (default: continue)').choices([
        'continue',
        'stop',
      ]),
    );
}
