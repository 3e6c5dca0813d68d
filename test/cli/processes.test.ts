import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type OpenSandbox, openSandbox } from '../../src/sandbox/open-sandbox';
import { quickstart } from '../../src/sandbox/quickstart';
import { compiledSources } from '../_compiled';
import { SharedTime } from '../_shared-time';

const ROOT = path.resolve(__dirname, '../..');
const CLIENTS = 150;
const RATE = 20;

/** The objects that stand in lines of their own. */
function linesOf(output: string): { kind: string }[] {
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string });
}

/** A command as a process of its own. */
class Command {
  out = '';
  err = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  private readonly waiting = new Set<() => void>();

  constructor(kubeconfig: string, time: SharedTime | undefined, ...words: string[]) {
    const args = [...(time?.nodeArguments ?? []), path.join(compiledSources(), 'cli/main.js'), ...words];
    const env = { ...process.env, ...time?.environment, KUBECONFIG: kubeconfig, NO_COLOR: '1' };
    this.child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
      for (const look of this.waiting) look();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** Resolves when the text was written; rejects when the process ends without it. */
  wrote(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.out.includes(text)) resolve();
      };
      this.waiting.add(look);
      look();
      void this.ended.then(() => reject(new Error(`the process ended without ${text}:\n${this.out}\n${this.err}`)));
    });
  }
}

describe('commands on the sandbox’s Kubernetes API, each as a process', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  const started: Command[] = [];
  let sandbox: OpenSandbox | undefined;
  /** That of the sandbox in this process; one that is a process of its own lives by the machine's. */
  let time: SharedTime | undefined;

  afterEach(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.splice(0).map(({ ended }) => ended));
    await sandbox?.stop();
    await time?.close();
    sandbox = time = undefined;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (...words: string[]) => {
    const command = new Command(kubeconfig, time, ...words);
    started.push(command);
    return command;
  };
  const run = async (...words: string[]) => {
    const command = start(...words);
    return { code: await command.ended, out: command.out, err: command.err };
  };

  test('a cluster is checked, upgraded, left by Ctrl-C, watched, and upgraded to the end', async () => {
    let connected = () => {};
    const all = new Promise<void>((resolve) => {
      connected = resolve;
    });
    time = await SharedTime.open();
    sandbox = await openSandbox(
      {
        manifests: quickstart(RATE),
        clients: CLIENTS,
        seed: 5,
        kubeconfigPath: kubeconfig,
        drive: time.drive,
        freePorts: true,
      },
      ({ kind }) => {
        if (kind === 'connected') connected();
      },
    );
    await time.until(all);

    expect(await run('check')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/Nothing prevents the upgrade\.\n$/),
    });
    const plan = await run('plan', '--set-version', '4.4.15', '-o', 'json');
    expect(JSON.parse(plan.out)).toMatchObject({ cluster: 'emqx-ee', capPerSecond: RATE, to: { version: '4.4.15' } });

    const upgrade = ['upgrade', 'emqx-ee', '--set-version', '4.4.15', '--yes'];
    const first = start(...upgrade);
    await first.wrote('phase green');
    first.child.kill('SIGSTOP'); // time stands with it, so that it holds the lease
    const second = await run(...upgrade, '--no-wait');
    first.child.kill('SIGCONT');
    expect(second.code).toBe(3);
    expect(second.err).toMatch(
      new RegExp(`✗ lease: \\S+@\\S+ ${first.child.pid}-\\w+ has been upgrading this cluster since`),
    );
    await first.wrote('phase evacuate');
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(4);
    expect(first.err).toMatch(
      /^the upgrade was interrupted in phase evacuate: .*\n→ to resume, run the same command: emqx-blue-green upgrade emqx-ee /,
    );

    const left = await run('status');
    expect(left.out).toMatch(
      /phase evacuate for .*\nno process drives it; to resume, run: emqx-blue-green resume emqx-ee -n default\n/,
    );
    expect(await run('report')).toMatchObject({ code: 2, out: '' });

    const attached = start('attach');
    await attached.wrote('no process drives it');
    const resumed = start(...upgrade, '-o', 'json');
    expect(await resumed.ended).toBe(0);
    const last = JSON.parse(resumed.out.trimEnd().split('\n').at(-1)!) as { report: { run: string } };
    expect(last).toMatchObject({ kind: 'report', report: { outcome: 'completed', capPerSecond: RATE } });
    expect({ code: await attached.ended, err: attached.err }).toEqual({ code: 0, err: '' });
    const report = await run('report');
    expect(attached.out.endsWith(report.out)).toBe(true);
    expect((await run('status')).out).toContain('EMQX 4.4.15: at rest\n');
    expect(sandbox.connectedClients()).toBe(CLIENTS);
  });

  test('the sandbox is told to programs line by line, and so is what goes wrong', async () => {
    const words = ['sandbox', '--clients', '10', '--kubeconfig-out', kubeconfig, '-o', 'json'];
    const command = start(...words);
    await Promise.all([command.wrote('"opened"'), command.wrote('"connected"')]);
    const lines = linesOf(command.out);
    expect(lines).toContainEqual({
      kind: 'opened',
      kubeconfig,
      cluster: { namespace: 'default', name: 'emqx-ee', version: '4.4.14' },
    });
    const ways = lines.filter(({ kind }) => kind === 'node-ports').at(-1);
    expect(ways).toMatchObject({
      ports: [
        { namespace: 'default', service: 'emqx-ee-mqtt', nodePort: 32010, port: expect.any(Number), isMqtt: true },
      ],
    });
    expect(lines).toContainEqual({ kind: 'connected', clients: 10, devices: 1 });
    const service = 'emqx-ee-mqtt';
    expect(lines[0]).toEqual({ kind: 'staged', service, addedService: true, canBeSwitched: true, assumedSecrets: [] });
    expect(lines).toHaveLength(lines.filter(({ kind }) => kind === 'node-ports').length + 3);
    command.child.kill('SIGINT');
    expect(await command.ended).toBe(0);

    const refused = await run('sandbox', '--port', '80', '-o', 'json');
    expect(refused.code).toBe(2);
    expect(linesOf(refused.out)).toEqual([
      {
        kind: 'error',
        code: 'BAD_INPUT',
        message: expect.stringMatching(/^'--port' \("80"\) must be /),
        fix: 'give one, or leave --port out',
      },
    ]);
  });

  test('the sandbox is opened, told how to be used, and closed by Ctrl-C without a trace', async () => {
    const command = start('sandbox', '--clients', '10', '--kubeconfig-out', kubeconfig);
    await command.wrote('10 MQTT clients are connected, 1 devices are offline');
    expect(command.out).toContain(
      `\n  export KUBECONFIG=${kubeconfig}\n  kubectl get emqxenterprises\n  emqx-blue-green check\n  emqx-blue-green upgrade --set-version 4.4.15\n`,
    );
    expect(await run('status')).toMatchObject({
      code: 0,
      out: expect.stringContaining('default/emqx-ee, EMQX 4.4.14: at rest'),
    });
    command.child.kill('SIGINT');
    expect({ code: await command.ended, err: command.err }).toEqual({ code: 0, err: '' });
    expect(existsSync(kubeconfig)).toBe(false);
    expect(await run('status')).toMatchObject({
      code: 2,
      err: expect.stringContaining(`the kubeconfig ${kubeconfig}: ENOENT`),
    });
  });
});
