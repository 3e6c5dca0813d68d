import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, networkInterfaces, userInfo } from 'node:os';

const NAME = /@(\S+) (\d+)-([0-9a-f]{6})\w+$/;

/** The holder name for the lease, unique for each call. */
export function holderName(): string {
  const random = Math.random().toString(36).slice(2, 8);
  return `${userName()}@${hostname()} ${process.pid}-${machine()}${random}`;
}

/**
 * Whether a holder was a process of this machine that no longer lives. Whether a process on another machine, or in another
 * container, lives is unknown here: it may.
 */
export function isDeadHere(holder: string): boolean {
  const [, host, pid, of] = NAME.exec(holder) ?? [];
  if (host !== hostname() || of !== machine()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'; // another user's process lives, too
  }
}

/** Distinguishes machines of the same name, boots of a machine, and containers on it: each has its own process ids. */
function machine(): string {
  mark ??= marked();
  return mark;
}

let mark: string | undefined;

function marked(): string {
  const start = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const processes = read(() => readlinkSync('/proc/self/ns/pid'));
  const cards =
    start === '' ? Object.values(networkInterfaces()).flatMap((card) => card?.map(({ mac }) => mac) ?? []) : [];
  const marks = [hostname(), start, processes, ...new Set(cards.sort())];
  return createHash('sha256').update(marks.join('\n')).digest('hex').slice(0, 6);
}

/** Empty where there is no such file. */
function read(work: () => string): string {
  try {
    return work();
  } catch {
    return '';
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'somebody'); // in a container, where the user has no name
  }
}
