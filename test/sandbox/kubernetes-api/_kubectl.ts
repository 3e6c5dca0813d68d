import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** The minor version of the kubectl on the PATH; undefined when there is none. */
function minorVersion(): number | undefined {
  const { status, stdout } = spawnSync('kubectl', ['version', '--client']);
  const minor = /v1\.(\d+)/.exec(String(stdout))?.[1];
  return status === 0 && minor !== undefined ? Number(minor) : undefined;
}

/**
 * A group of tests with the real kubectl. Where there is none on the PATH they are skipped, and their name says so.
 *
 * @param least the minor version they need at least.
 */
export function describeKubectl(name: string, tests: () => void, least = 0): void {
  if ((minorVersion() ?? -1) >= least) describe(name, tests);
  else describe.skip(`${name} (skipped: no kubectl 1.${least} or newer on the PATH)`, tests);
}

/** What a process said until it ended. */
export interface Ended {
  code: number | null;
  out: string;
  error: string;
}

/** A kubectl that runs until it ends or is killed. Its cache goes beside the kubeconfig. */
export function startKubectl(
  kubeconfig: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): ChildProcess {
  const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: path.dirname(kubeconfig), ...environment };
  return spawn('kubectl', args, { env });
}

/** Runs kubectl with these words, and this on its standard input. */
export function kubectl(kubeconfig: string, args: readonly string[], input = ''): Promise<Ended> {
  const process = startKubectl(kubeconfig, args);
  process.stdin!.end(input);
  return ended(process);
}

/** Resolves when a process has ended. */
export async function ended(process: ChildProcess): Promise<Ended> {
  const closed = new Promise<number | null>((resolve) => process.on('close', resolve));
  const [out, error] = await Promise.all([text(process.stdout!), text(process.stderr!)]);
  return { code: await closed, out, error };
}
