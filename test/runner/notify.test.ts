import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isNotified, notify } from '../../src/runner/notify';
import type { Told } from '../../src/runner/told';

const cluster = { kind: 'EmqxEnterprise', namespace: 'mqtt', name: 'emqx-ee' } as const;
const START: Told = {
  kind: 'start',
  at: 1,
  cluster,
  uid: 'u',
  run: undefined,
  from: '4.4.14',
  to: '4.4.15',
  isResumed: false,
};
const SECRET = 'xoxb-secret';

let server: Server;
let url: string;
let status: number;
const bodies: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += String(part);
    });
    request.on('end', () => {
      bodies.push(`${request.method} ${request.headers['content-type']} ${body}`);
      response.writeHead(status, { location: '/elsewhere' }).end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=${SECRET}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  status = 204;
  bodies.length = 0;
});

test('it is one POST of JSON', async () => {
  await notify(() => `${url}\n`, START, new AbortController().signal);
  expect(bodies).toEqual([`POST application/json ${JSON.stringify(START)}`]);
});

test.each<[string, () => string, number, string]>([
  ['refuses it', () => url, 500, 'the webhook answered 500'],
  ['leads elsewhere', () => url, 307, 'the webhook does not answer'],
  ['is not there', () => `http://127.0.0.1:1/${SECRET}`, 0, 'the webhook does not answer'],
  ['is no URL', () => SECRET, 0, 'the URL of the webhook is not an http or https URL'],
  ['is a file', () => `file:///${SECRET}`, 0, 'the URL of the webhook is not an http or https URL'],
  [
    'has no URL',
    () => {
      throw new Error(SECRET);
    },
    0,
    'the file with the URL of the webhook cannot be read',
  ],
])('the error shows nothing of the URL when the webhook %s', async (_, urlOf, answer, expected) => {
  status = answer;
  const error = await notify(urlOf, START, new AbortController().signal).catch((thrown: unknown) => thrown);
  expect(String(error)).toBe(`Error: ${expected}`);
});

test('plan, start, incident and end are sent, and nothing else', () => {
  const kinds: Told['kind'][] = ['plan', 'start', 'incident', 'end', 'stopped', 'progress', 'left', 'policy', 'error'];
  expect(kinds.filter((kind) => isNotified({ ...START, kind } as Told))).toEqual([
    'plan',
    'start',
    'incident',
    'end',
    'stopped',
  ]);
});
