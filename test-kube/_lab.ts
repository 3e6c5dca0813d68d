import { execFile, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';

/**
 * Folder of the control plane that was started for these tests. A KUBECONFIG alone counts for nothing: it may lead to a
 * cluster that somebody needs.
 */
const folder = process.env['K8SLAB_DIR'];

/** Whether there is one. */
export const hasLab = folder !== undefined;

/** A file of the control plane's folder. @throws Error without a control plane */
export function labFile(name: string): string {
  if (folder === undefined) throw new Error('there is no control plane: K8SLAB_DIR is not set');
  return path.join(folder, name);
}

/** Writes a kubeconfig of a service account, for whom the administrator stands in, and gives back its path. */
export function kubeconfigOf(namespace: string, account: string): string {
  const file = labFile(`${namespace}-${account}.kubeconfig`);
  // Somebody may be reading the one that is there.
  if (existsSync(file)) return file;
  const config = parse(readFileSync(labFile('kubeconfig'), 'utf8')) as { users: [{ user: { as?: string } }] };
  config.users[0].user.as = `system:serviceaccount:${namespace}:${account}`;
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return file;
}

/** Runs the control plane's own kubectl, and gives back what it prints. @throws Error with what it complains of */
export function kubectl(args: readonly string[], input: object[] = []): string {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: input });
  const { status, stdout, stderr, error } = spawnSync(kubectlPath(), ['--kubeconfig', labFile('kubeconfig'), ...args], {
    encoding: 'utf8',
    ...(input.length > 0 && { input: list }),
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Applies objects as users do, by kubectl, while the rest of this process goes on. @throws Error with what it complains of */
export async function kubectlApply(objects: readonly object[]): Promise<void> {
  const args = ['--kubeconfig', labFile('kubeconfig'), 'apply', '-f', '-'];
  await new Promise<void>((resolve, reject) => {
    const child = execFile(kubectlPath(), args, (error) => (error ? reject(error) : resolve()));
    child.stdin?.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  });
}

/** The control plane's own kubectl. */
export function kubectlPath(): string {
  return path.join(process.env['K8SLAB_BIN'] ?? '', 'kubectl');
}

/** Counts what the API server made of a manifest; the lane prints the sums. */
export function tally(outcome: 'accepted' | 'refused' | 'skipped', what: string): void {
  appendFileSync(labFile('tally'), `${outcome} ${what}\n`);
}

/** A line of what was measured; the lane prints them. */
export function measured(line: string): void {
  appendFileSync(labFile('measured'), `${line}\n`);
}
