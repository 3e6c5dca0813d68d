import type { AddressInfo, Server } from 'node:net';

/** The only address of the sandbox: nothing in it can be reached from another machine. */
export const LOOPBACK = '127.0.0.1';

/** Lets a server listen on the loopback interface; resolves with the port, which the system chooses for 0. */
export function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The longest backlog the system allows: thousands of clients may connect at once.
    server.listen({ host: LOOPBACK, port, backlog: 4096 }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Resolves when the server no longer listens and all its connections have ended. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
