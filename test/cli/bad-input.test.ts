import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './_shell';

const folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function manifest(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const CLUSTER = manifest(
  'cluster.yaml',
  `apiVersion: apps.emqx.io/v1beta4
kind: EmqxEnterprise
metadata: { name: emqx-ee, namespace: mqtt }
spec: { template: { spec: { emqxContainer: { image: { version: 4.4.15 } } } } }
`,
);
const DEPLOYMENT = manifest('deployment.yaml', 'kind: Deployment\n');

const NOT_TOLD = `'--file or --set-version' (missing) must be given: one of them says what to upgrade to\n→ give a manifest with -f, or a version, for example --set-version 4.4.15`;
const notAsked = (why: string) =>
  `'--yes' (missing) must be given: ${why}\n→ check the plan first (emqx-blue-green plan), then give --yes`;
const notWhole = (flag: string, given: string, from: number, to: number, reason: string) =>
  `'${flag}' ("${given}") must be a whole number from ${from} to ${to}: ${reason}\n→ give one, or leave ${flag} out`;
const noUrl = (given: string) =>
  `'--emqx-url' (${given}) must be an http or https URL with {pod} in it: each node is addressed on its own, with the credentials of the cluster\n→ for example http://{pod}.emqx.example:8081`;
const noName = (flag: string, given: string) =>
  `'${flag}' ("${given}") must be a name of lower-case letters, digits, dots and dashes: Kubernetes allows no other names\n→ give one, or leave ${flag} out`;

test.each<[string[], string[]]>([
  [['plan'], [NOT_TOLD]],
  [['upgrade'], [NOT_TOLD, notAsked('there is no terminal to ask on')]],
  [
    ['plan', '-f', CLUSTER, '--set-version', '4.4.15'],
    [
      `'--set-version' ("4.4.15") must be left out when --file is given: the manifest states the version\n→ give only one of them`,
    ],
  ],
  [
    ['check', 'other', '-n', 'prod', '-f', CLUSTER],
    [
      `'[name]' ("other") must be emqx-ee: the manifest is for another cluster\n→ leave [name] out, or choose another manifest`,
      `'--namespace' ("prod") must be mqtt: the manifest is for another cluster\n→ leave --namespace out, or choose another manifest`,
    ],
  ],
  [
    ['check', '-f', DEPLOYMENT],
    [
      `${DEPLOYMENT}: 'kind' ("Deployment") must be EmqxEnterprise or EMQX, in exactly one document: no document of the manifest describes a cluster\n→ choose another file: a cluster has apiVersion: apps.emqx.io/v1beta4 and kind: EmqxEnterprise, or apiVersion: apps.emqx.io/v2beta1 and kind: EMQX`,
    ],
  ],
  [
    ['plan', '--set-version', '4.4.13', '--rate', '0', '--accept-loss'],
    [
      `'--set-version' ("4.4.13") must be a version from 4.4.14 up to, but not including, 5.0.0, or from 5.1.1 on: older versions, and pre-releases of this one, are refused by the operator\n→ choose 4.4.14 or later`,
      notWhole('--rate', '0', 1, 1_000_000, 'it is a number of disconnects per second'),
      `'--accept-loss' (true) must be left out with --driver pilot: the pilot loses no sessions\n→ leave it out, or add --driver operator`,
    ],
  ],
  ...[
    ['4.4', 'write all three numbers, like "4.4.14"'],
    ['v4.4.15', 'give 4.4.15'],
    ['emqx-4.4.15-ubuntu', 'give 4.4.15'],
  ].map(([version, fix]): [string[], string[]] => [
    ['check', '--set-version', version!],
    [
      `'--set-version' ("${version}") must be a version from 4.4.14 up to, but not including, 5.0.0, or from 5.1.1 on: this is not a semantic version (three numbers, nothing before them)\n→ ${fix}`,
    ],
  ]),
  [
    ['plan', '--set-version', '4.4.15', '--rate', '1000001'],
    [notWhole('--rate', '1000001', 1, 1_000_000, 'it is a number of disconnects per second')],
  ],
  [
    ['status', '', '-n', ''],
    [noName('[name]', ''), noName('--namespace', '')],
  ],
  [
    ['report', 'a/b'],
    [
      `'[name]' ("a/b") must be NAME, emqxenterprise/NAME or emqx/NAME: a is neither EmqxEnterprise nor EMQX\n→ give the name alone, and a namespace with -n`,
    ],
  ],
  [['report', 'emqxenterprise/A'], [noName('[name]', 'A')]],
  [
    ['status', '--request-timeout', 'soon'],
    [
      `'--request-timeout' ("soon") must be a time with its unit, such as 10s or 1m30s, or 0 for no timeout: it is read as kubectl reads it\n→ give one, or leave --request-timeout out`,
    ],
  ],
  [
    ['status', 'emqx-ee', '-A', '-n', 'mqtt', '-w'],
    ['[name]|"emqx-ee"', '--namespace|"mqtt"', '--watch|true'].map((given) => {
      const [flag, value] = given.split('|');
      return `'${flag}' (${value}) must be left out when --all-namespaces is given: --all-namespaces shows all clusters once\n→ give only one of them`;
    }),
  ],
  [
    ['check', '--set-version', '4.4'],
    [
      `'--set-version' ("4.4") must be a version from 4.4.14 up to, but not including, 5.0.0, or from 5.1.1 on: this is not a semantic version (three numbers, nothing before them)\n→ write all three numbers, like "4.4.14"`,
    ],
  ],
  [
    ['rate', '0'],
    [
      `'<per second>' ("0") must be a whole number from 1 to 1000000: it is a number of disconnects per second\n→ give one`,
    ],
  ],
  [['status', '--emqx-url', 'localhost'], [noUrl('"localhost"')]],
  [['status', '--emqx-url', 'http://localhost:8081'], [noUrl('"http://localhost:8081"')]],
  [['status', '--emqx-url', 'http://{pod}/?x=1'], [noUrl('"http://{pod}/?x=1"')]],
  [['status', '--emqx-url', 'http://user:password@{pod}'], [noUrl('hidden')]],
  [
    [
      'simulate',
      '--clients',
      '0',
      '--replicas',
      '1.5',
      '--rate',
      'x',
      '--seed',
      '-1',
      '-f',
      'no/such.yaml',
      '--offline-budget',
      '0',
    ],
    [
      notWhole('--clients', '0', 1, 9_000_000, 'each takes some memory'),
      notWhole('--replicas', '1.5', 1, 100, 'it is a number of nodes'),
      notWhole('--rate', 'x', 1, 1_000_000, 'it is a number of disconnects per second'),
      notWhole('--offline-budget', '0', 1, 1_000_000_000, 'it is a number of devices, or none for no limit'),
      notWhole('--seed', '-1', 0, 4_294_967_295, 'seeds have 32 bits'),
      `'--file' ("no/such.yaml") must be a file that can be read: reading it failed with ENOENT\n→ check the path, or give - to read standard input`,
    ],
  ],
  [
    ['sandbox', '--clients', '-1', '--port', '80', '--empty', '-f', CLUSTER],
    [
      notWhole('--clients', '-1', 0, 20_000, 'each is a socket on this machine'),
      notWhole('--port', '80', 30_000, 32_767, 'it is a NodePort, or 0 for any free port'),
      `'--empty' (true) must be left out when --file is given: the manifest is a cluster for it\n→ give only one of them`,
    ],
  ],
])('all that is wrong with %j is told at once', async (words, lines) => {
  const { code, out, err } = await run(words);
  expect({ code, out, err }).toEqual({ code: 2, out: '', err: `${lines.join('\n')}\n` });
});

test.each<[string[], string]>([
  [['check', 'a', 'b'], `error: too many arguments for 'check'. Expected 1 argument but got 2.`],
  [['check', '--nope'], `error: unknown option '--nope'`],
  [['stauts'], `error: unknown command 'stauts'\n(Did you mean status?)`],
  [
    ['status', '-o', 'yaml'],
    `error: option '-o, --output <form>' argument 'yaml' is invalid. Allowed choices are text, json.`,
  ],
])('%j is no command', async (words, message) => {
  const { code, out, err } = await run(words);
  expect({ code, out, err }).toEqual({
    code: 2,
    out: '',
    err: `${message}\n(--help lists the commands and options)\n`,
  });
});

test('no command at all shows the help, as bad input', async () => {
  const { code, out, err } = await run([]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^Usage: emqx-blue-green/);
});

describe('for programs', () => {
  test('one object on standard output tells the error', async () => {
    const { code, out, err } = await run(['check', '-n', '', '-o', 'json']);
    const text = noName('--namespace', '');
    const [message, fix] = text.split('\n→ ');
    expect({ code, error: JSON.parse(out) as unknown }).toEqual({
      code: 2,
      error: { error: { code: 'BAD_INPUT', message, fix } },
    });
    expect(err).toBe(`${text}\n`);
  });

  test('several are told one by one, too', async () => {
    const { out } = await run(['check', 'A', '-n', 'B', '-o', 'json']);
    const problems = [noName('[name]', 'A'), noName('--namespace', 'B')].map((text) => {
      const [message, fix] = text.split('\n→ ');
      return { message, fix };
    });
    const lines = (part: 'message' | 'fix') => problems.map((problem) => problem[part]).join('\n');
    expect(JSON.parse(out)).toEqual({
      error: { code: 'BAD_INPUT', message: lines('message'), fix: lines('fix'), problems },
    });
  });

  test('where each line is an object, the last line does', async () => {
    const { out } = await run(['upgrade', '--set-version', '4.4.15', '-o', 'json'], { answer: 'y' });
    const [message, fix] = notAsked('with -o json there is no question').split('\n→ ');
    expect(JSON.parse(out)).toEqual({ kind: 'error', code: 'BAD_INPUT', message, fix });
    expect(out.trimEnd()).not.toContain('\n');
  });

  const fix = '--help lists the commands and options';
  test.each<[string[], object]>([
    [['stauts', '-o', 'json'], { error: { code: 'BAD_INPUT', message: expect.stringContaining('stauts'), fix } }],
    [['check', '--nope', '-ojson'], { error: { code: 'BAD_INPUT', message: `unknown option '--nope'`, fix } }],
    [
      ['upgrade', 'a', 'b', '--output=json'],
      { kind: 'error', code: 'BAD_INPUT', message: expect.stringContaining('too many arguments'), fix },
    ],
  ])('%j, which the parser does not take, is told in their form', async (words, told) => {
    const { code, out, err } = await run(words);
    expect({ code, out: JSON.parse(out) as unknown }).toEqual({ code: 2, out: told });
    expect(err).toContain('(--help lists the commands and options)');
  });
});
