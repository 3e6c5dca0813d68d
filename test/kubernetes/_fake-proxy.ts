import { createServer, request as start } from 'node:http';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';

/** A proxy on loopback, which leads to one port of this machine whatever it is asked for. */
export interface FakeProxy {
  url: string;
  /** What it was asked for: a URL, a host with its port, or a name. */
  wanted: string[];
  connections(): number;
  close(): void;
}

export async function fakeProxy(target: number, kind: 'http' | 'socks5'): Promise<FakeProxy> {
  const wanted: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const joined = (socket: Socket, first?: Buffer) => {
    const to = net.connect(target, '127.0.0.1').on('error', () => undefined);
    sockets.add(to);
    if (first) to.write(first);
    socket.pipe(to).pipe(socket);
  };
  const server = kind === 'http' ? httpProxy(target, wanted, joined) : socksProxy(wanted, joined);
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket.on('error', () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${kind}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    wanted,
    connections: () => connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Joins a client to the target, which gets these bytes before any of the client's. */
type Join = (socket: Socket, first?: Buffer) => void;

function httpProxy(port: number, wanted: string[], joined: Join): Server {
  const server = createServer((incoming, response) => {
    const { url = '', method, headers } = incoming;
    wanted.push(url);
    const { pathname, search } = new URL(url);
    const on = { host: '127.0.0.1', port, path: pathname + search, method, headers };
    incoming.pipe(start(on, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers))));
  });
  server.on('upgrade', ({ url = '', rawHeaders }, socket: Socket, head: Buffer) => {
    wanted.push(url);
    const { pathname, search } = new URL(url);
    const names = rawHeaders.filter((_, at) => at % 2 === 0);
    const lines = names.map((name, at) => `${name}: ${rawHeaders[2 * at + 1]}`);
    joined(
      socket,
      Buffer.concat([Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), head]),
    );
  });
  server.on('connect', ({ url = '' }, socket: Socket) => {
    wanted.push(url);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    joined(socket);
  });
  return server;
}

function socksProxy(wanted: string[], joined: Join): Server {
  return net.createServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0])); // no authentication
      socket.once('data', (request: Buffer) => {
        const isName = request[3] === 3;
        wanted.push(
          isName ? request.subarray(5, 5 + request[4]!).toString() : `address ${request.subarray(4, -2).join('.')}`,
        );
        socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 1]));
        joined(socket);
      });
    });
  });
}
