import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

/**
 * The image, built without an engine (`scripts/image.sh`) and run by runc as the runner's pod is: the root file system is read-only, there
 * are no capabilities, and nobody is root. Needs `npm run build` before. Skipped where images cannot be built or run, with the reason.
 */
const ROOT = path.resolve(__dirname, '..');
const VERSION = (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
/** Exit code where it is skipped, as with automake. */
const SKIPPED = 77;
/** Most that it may take, unpacked, in bytes. */
const MOST_BYTES = 150_000_000;

const work = mkdtempSync(path.join(tmpdir(), 'image-'));
const bundle = path.join(work, 'bundle');
const container = `emqx-blue-green-${process.pid}`;

interface BundleConfig {
  process: { args: string[]; user: { uid: number; gid: number } };
  root: object;
  mounts: object[];
  linux: { namespaces: { type: string }[] };
}

async function main(): Promise<void> {
  const reason = whyNot();
  if (reason) {
    console.log(`skipped: ${reason}`);
    process.exitCode = SKIPPED;
    return;
  }
  const archive = build();
  unpack(archive);
  const config = checkConfig();
  checkSize(archive);
  checkCommands(config);
  await checkRunner(config);
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'an image is built on x86-64 Linux only';
  if (process.getuid?.() !== 0) return 'only root runs containers';
  const missing = ['apt-get', 'dpkg-deb'].find((tool) => spawnSync(tool, ['--version']).error);
  return missing && `there is no ${missing}`;
}

/** Builds it twice, and returns the path of the archive. */
function build(): string {
  const [one, another] = ['one', 'another'].map((name) => {
    execFileSync(path.join(ROOT, 'scripts/image.sh'), [path.join(work, name)], { stdio: 'inherit' });
    return path.join(work, name, `emqx-blue-green-${VERSION}.oci.tar`);
  }) as [string, string];
  if (!readFileSync(one).equals(readFileSync(another))) throw new Error('built twice, the archive is not the same');
  const sbom = readFileSync(path.join(work, 'one/sbom.cdx.json'), 'utf8');
  const { components } = JSON.parse(sbom) as { components: { group?: string; name: string; version: string }[] };
  const named = components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`);
  const missing = bundled().filter((each) => !named.includes(each));
  if (missing.length > 0) throw new Error(`the SBOM does not name ${missing.join(', ')}`);
  console.log(`built twice, the archive is the same; the SBOM names ${components.length} packages`);
  return one;
}

/** The packages of which code is in the command line, each with its version. */
function bundled(): string[] {
  const licenses = readFileSync(path.join(ROOT, 'dist/cli/LICENSES.txt'), 'utf8');
  return [...licenses.matchAll(/^(\S+ \d\S*) \(/gm)].map(([, each = '']) => each);
}

/** With the tools of Debian, which are not installed for it. */
function unpack(archive: string): void {
  const script = `
    . "$1/scripts/debian.sh"
    debian_unpacked "$2/tools" umoci runc libseccomp2
    mkdir "$2/layout" && tar -xf "$3" -C "$2/layout"
    "$2/tools/usr/bin/umoci" unpack --image "$2/layout:$4" "$2/bundle"`;
  execFileSync('bash', ['-euo', 'pipefail', '-c', script, 'bash', ROOT, work, archive, VERSION], { stdio: 'inherit' });
}

function checkConfig(): BundleConfig {
  const config = JSON.parse(readFileSync(path.join(bundle, 'config.json'), 'utf8')) as BundleConfig;
  const { args, user } = config.process;
  const is = JSON.stringify([args, user.uid, user.gid]);
  const expected = JSON.stringify([['/usr/local/bin/emqx-blue-green', 'runner'], 65_532, 65_532]);
  if (is !== expected) throw new Error(`the image is configured as ${is}, not as ${expected}`);
  return config;
}

function checkSize(archive: string): void {
  const root = path.join(bundle, 'rootfs');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const unpacked = files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(`size: ${megabytes(statSync(archive).size)} compressed, ${megabytes(unpacked)} unpacked`);
  if (unpacked > MOST_BYTES) throw new Error(`it takes more than ${megabytes(MOST_BYTES)}`);
}

function checkCommands(config: BundleConfig): void {
  for (const [args, pattern] of [
    [['--version'], new RegExp(`^${VERSION}\n$`)],
    [['runner', 'manifest', '--image', 'it:1'], /^kind: Deployment$/m],
  ] as const) {
    const [command = '', ...words] = started(config, args);
    const { stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' });
    if (!pattern.test(stdout)) throw new Error(`${args.join(' ')} writes ${stdout}${stderr}`);
  }
}

/** A runner on a simulated cluster becomes ready, sees the cluster, and ends when it is asked to. */
async function checkRunner(config: BundleConfig): Promise<void> {
  const kubeconfig = path.join(work, 'kubeconfig');
  const command = [path.join(ROOT, 'dist/cli/main.js'), 'sandbox', '--clients', '5', '--port', '0', '-o', 'json'];
  const sandbox = spawn(process.execPath, [...command, '--kubeconfig-out', kubeconfig], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let runner: ChildProcess | undefined;
  try {
    await reading(sandbox)('connected');
    const shared = path.join(work, 'shared');
    mkdirSync(shared);
    copyFileSync(kubeconfig, path.join(shared, 'kubeconfig'));
    execFileSync('chmod', ['-R', 'a+rX', shared]);
    // On a port of its own: the container shares the loopback interface, where the cluster is.
    const words = ['runner', '--namespace', 'default', '--port', '0', '--kubeconfig', '/shared/kubeconfig'];
    const [file = '', ...rest] = started(config, words, shared);
    runner = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    const told = reading(runner);
    const { port } = (await told('serving')) as { port: number };
    await told('cluster');
    const url = `http://127.0.0.1:${port}`;
    const [ready, metrics] = await Promise.all([fetch(`${url}/readyz`), fetch(`${url}/metrics`)]);
    if (ready.status !== 200) throw new Error(`/readyz answers ${ready.status}: ${await ready.text()}`);
    if (!(await metrics.text()).includes('state="at-rest"} 1')) throw new Error('the runner does not see the cluster');
    const exit = once(runner, 'exit');
    execFileSync(...runc(['kill', container, 'TERM']));
    const [code] = (await exit) as [number | null];
    if (code !== 0) throw new Error(`asked to end, it ends with ${code}`);
    console.log(
      'with a read-only root and as nobody the runner becomes ready, sees the cluster, and ends when it is asked to',
    );
  } finally {
    if (runner?.exitCode === null) spawnSync(...runc(['delete', '--force', container]));
    const exit = once(sandbox, 'exit');
    sandbox.kill();
    await exit;
  }
}

/** Writes the bundle as the manifest's pod is, and returns the command that runs it with other arguments than the image's. */
function started(config: BundleConfig, args: readonly string[], shared?: string): [string, ...string[]] {
  const [entry = ''] = config.process.args;
  const mount = shared && { destination: '/shared', source: shared, type: 'bind', options: ['rbind', 'ro'] };
  if (mount) mkdirSync(path.join(bundle, 'rootfs/shared'));
  const none = { bounding: [], effective: [], permitted: [] };
  const asPod = {
    ...config,
    process: { ...config.process, args: [entry, ...args], terminal: false, noNewPrivileges: true, capabilities: none },
    root: { ...config.root, readonly: true },
    mounts: mount ? [...config.mounts, mount] : config.mounts,
    // The simulated cluster listens on this machine's loopback interface.
    linux: { ...config.linux, namespaces: config.linux.namespaces.filter(({ type }) => type !== 'network') },
  };
  writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(asPod));
  const [file, words] = runc(['run', '--bundle', bundle, container]);
  return [file, ...words];
}

function runc(words: readonly string[]): [string, string[]] {
  const tools = path.join(work, 'tools/usr');
  const library = `LD_LIBRARY_PATH=${tools}/lib/x86_64-linux-gnu`;
  return ['env', [library, `${tools}/sbin/runc`, '--root', path.join(work, 'runc'), ...words]];
}

/** What a process tells, one JSON object a line: each call resolves with the next one of that kind. */
function reading({ stdout }: ChildProcess): (kind: string) => Promise<unknown> {
  const lines = createInterface({ input: stdout! })[Symbol.asyncIterator]();
  return async (kind) => {
    const others: string[] = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`it ends without ${kind}: ${others.join('\n')}`);
      const told = JSON.parse(value) as { kind: string };
      if (told.kind === kind) return told;
      others.push(value);
    }
  };
}

main()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => rmSync(work, { recursive: true, force: true }));
