import { createServer } from 'node:net';
import { closed, listen } from './listen';

/** The range of NodePorts in Kubernetes. */
const [FIRST, LAST] = [30_000, 32_767];

/** The highest NodePort that is free on the loopback interface: the ports that Kubernetes assigns by itself begin at the lowest. */
export async function freeNodePort(): Promise<number> {
  for (let port = LAST; port >= FIRST; port--) {
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
