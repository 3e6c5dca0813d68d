import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { ApiServer } from './_api-server';
import { labFile } from './_lab';
import { until } from './_until';

/** Its process, and when that began, by which the control plane is stopped at the end. */
const PID_FILE = 'pids/kube-apiserver';

/**
 * Kills the API server, does something without it, and starts it as it was. Resolves when it answers again; what was stored
 * is still there.
 */
export async function withoutApiServer(during: () => Promise<void>): Promise<void> {
  const pid = Number(readFileSync(labFile(PID_FILE), 'utf8').split(' ')[0]);
  const [command = '', ...args] = commandLine(pid);
  process.kill(pid, 'SIGKILL');
  await until('the API server to be gone', () => commandLine(pid).length === 0);
  try {
    await during();
  } finally {
    await start(command, args);
  }
}

async function start(command: string, args: readonly string[]): Promise<void> {
  const log = openSync(labFile('log/kube-apiserver.log'), 'a');
  const child = spawn(command, args, { cwd: labFile('.'), detached: true, stdio: ['ignore', log, log] });
  await once(child, 'spawn');
  child.unref();
  const startTime = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ')[21];
  writeFileSync(labFile(PID_FILE), `${child.pid} ${startTime}\n`);
  const admin = ApiServer.admin();
  await until('the API server to answer', async () => {
    const answer = await admin.request('GET', '/readyz').catch(() => undefined);
    return answer?.status === 200;
  });
}

/** Nothing for a process that has ended. */
function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}
