import { hostname, userInfo } from 'node:os';

/** Who holds the lease, as it is told to others: another name each time. */
export function holderName(): string {
  return `${userName()}@${hostname()} ${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'somebody'); // in a container, where nobody has given it a name
  }
}
