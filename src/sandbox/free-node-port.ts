import { createServer } from 'node:net';
import { closed, listen } from './listen';

/** The range of NodePorts in Kubernetes. */
const [FIRST, LAST] = [30_000, 32_767];

/** How many of the highest ports are begun with: those that Kubernetes assigns by itself begin at the lowest. */
const SPREAD = 1_000;

/**
 * A NodePort that is free on the loopback interface, one of the highest. Each process begins at another one: between this answer and
 * its use no other process that looks for one at the same time must take it.
 */
export async function freeNodePort(): Promise<number> {
  const first = LAST - (process.pid % SPREAD);
  const ports = Array.from({ length: LAST - FIRST + 1 }, (_, index) => {
    const port = first - index;
    return port >= FIRST ? port : port + (LAST - FIRST + 1);
  });
  for (const port of ports) {
    const server = createServer();
    try {
      await listen(server, port);
      await closed(server);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error(`no port from ${FIRST} to ${LAST} is free on this machine`);
}
