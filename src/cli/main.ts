#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import type { DemoFlags } from './demo';
import { exitCodeOf, messageOf } from './errors';

const { version } = JSON.parse(readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as { version: string };

const program = new Command('emqx-blue-green')
  .description('Blue-green upgrades of EMQX Enterprise 4.4 on Kubernetes: planned, watched, each device moved once.')
  .version(version);

program
  .command('demo')
  .description('upgrade a simulated cluster with real MQTT clients on this machine, and show what it does')
  .option('--clients <count>', 'connected clients; another tenth are devices that are away', '3000')
  .option('--rate <per second>', 'most disconnects per second in the whole cluster', '300')
  .addOption(new Option('--driver <driver>', 'who upgrades').choices(['pilot', 'operator']).default('pilot'))
  .option('--seed <number>', 'what everything random follows from', '1')
  .option('-f, --file <manifest>', 'a cluster of your own instead of the quickstart; - reads standard input')
  .option('--set-version <version>', 'EMQX version to upgrade to', '4.4.15')
  .addOption(
    new Option('-o, --output <form>', 'json: one object on standard output').choices(['text', 'json']).default('text'),
  )
  .action(async (options: DemoFlags) => {
    const { runDemo } = await import('./demo.js');
    await runDemo(options);
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = exitCodeOf(error);
});
