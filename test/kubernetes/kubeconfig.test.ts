import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClusterAccess } from '../../src/kubernetes/cluster-access';
import { parseKubeconfig } from '../../src/kubernetes/kubeconfig/kubeconfig-file';
import { loadKubeconfig } from '../../src/kubernetes/kubeconfig/load-kubeconfig';
import { atEnd, endAll, kubeconfig, rejection, temporaryFile } from './_fake-server';

afterEach(endAll);

const SERVER = 'https://127.0.0.1:1';

/** A folder that is gone after the test. */
function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'kubeconfig-'));
  atEnd(() => rmSync(made, { recursive: true }));
  return made;
}

/** One entry of each kind, all of that name. */
function one(name: string, server: string, isCurrent: boolean, user: object = { token: `of-${server}` }): object {
  return {
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    ...(isCurrent && { 'current-context': name }),
  };
}

/** The way of a user, as one request is told. */
async function requestOf(user: object, options: object = {}) {
  const access = await ClusterAccess.load({ kubeconfigText: JSON.stringify(kubeconfig(SERVER, user)), ...options });
  atEnd(() => access.close());
  return access.request();
}

/** A credential plugin made of Node: it counts its runs, and prints what the script returns. */
function plugin(script: string, more: object = {}) {
  const runs = temporaryFile('');
  const source = `
    require('node:fs').appendFileSync(process.argv[1], '.');
    const told = (() => { ${script} })();
    if (told) console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', ...told }));`;
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', source, runs],
    interactiveMode: 'IfAvailable',
    ...more,
  };
  return { exec, runs: () => readFileSync(runs, 'utf8').length };
}

const TOKEN = `return { status: { token: 'of-plugin' } };`;

describe('a list of kubeconfigs', () => {
  const files = (...contents: (object | string | undefined)[]) => {
    const place = folder();
    const paths = contents.map((content, index) => {
      const file = path.join(place, `${index}`);
      if (content !== undefined) writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      return file;
    });
    return loadKubeconfig({}, { KUBECONFIG: paths.join(path.delimiter) });
  };
  const A = one('k', 'https://a', true);
  const B = one('k', 'https://b', true);

  test.each<[string, (object | string | undefined)[], string, string]>([
    ['the first that has a name wins, with its whole entry', [A, B], 'k', 'https://a'],
    ['the current context may come later', [one('k', 'https://a', false), B], 'k', 'https://a'],
    ['a file that is missing is passed over', [undefined, B], 'k', 'https://b'],
    ['so is one behind', [A, undefined], 'k', 'https://a'],
    ['an empty file has nothing in it', [A, ''], 'k', 'https://a'],
    ['so has one with nothing but a context', [{ 'current-context': 'k' }, B], 'k', 'https://b'],
    ['lists that are null are empty', [{ clusters: null, users: null, contexts: null }, B], 'k', 'https://b'],
    [
      'a byte order mark and CRLF are read over',
      [`\uFEFF${JSON.stringify(A, null, 1).replaceAll('\n', '\r\n')}`],
      'k',
      'https://a',
    ],
  ])('%s', (_, contents, context, server) => {
    const config = files(...contents);
    expect(config.currentContext).toBe(context);
    expect(config.clusters.get('k')?.server).toBe(server);
    expect(config.users.get('k')?.token).toBe(`of-${server}`);
  });

  test('may name one file twice, and nothing between two separators', () => {
    const file = temporaryFile(JSON.stringify(A));
    const KUBECONFIG = ['', file, '', file].join(path.delimiter);
    expect(loadKubeconfig({}, { KUBECONFIG }).currentContext).toBe('k');
  });

  test('of which none is there is refused, with their names', () => {
    const KUBECONFIG = ['/nowhere/a', '/nowhere/b'].join(path.delimiter);
    expect(() => loadKubeconfig({}, { KUBECONFIG })).toThrow('the kubeconfig /nowhere/a, /nowhere/b: ENOENT');
  });

  test('leads from each file by paths of its own', () => {
    const place = folder();
    mkdirSync(path.join(place, 'sub'));
    const file = path.join(place, 'sub', 'config');
    const user = {
      tokenFile: 'token',
      'client-certificate': '../cert',
      exec: { ...plugin('').exec, command: './bin/plug' },
    };
    writeFileSync(file, JSON.stringify(one('k', 'https://a', true, user)));
    const { users } = loadKubeconfig({}, { KUBECONFIG: file });
    expect(users.get('k')).toMatchObject({
      tokenFile: path.join(place, 'sub', 'token'),
      certificate: { file: path.join(place, 'cert') },
      plugin: { command: path.join(place, 'sub', 'bin', 'plug') },
    });
  });
});

test('of several documents the first counts, of two keys alike the second', () => {
  const text = 'current-context: a\ncurrent-context: b\n---\ncurrent-context: c\n';
  expect(parseKubeconfig(text, 'X', '/').currentContext).toBe('b');
});

describe('what is wrong in a kubeconfig', () => {
  const problem = (content: object) => {
    try {
      parseKubeconfig(JSON.stringify(content), 'X', '/');
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  test('is told all at once, by its path, and shows no value', () => {
    const entry = { name: 'me', user: { token: 12345678, password: 987654, 'client-key-data': '***' } };
    expect(problem({ users: [entry], clusters: [{ cluster: {} }] })).toBe(
      'the kubeconfig X: clusters[0].name must be a string; users[0].user.client-key-data must be base64; ' +
        'users[0].user.token must be a string: put it in quotes; users[0].user.password must be a string: put it in quotes',
    );
  });

  test('may be a name that is there twice, or a plugin in a form that is no more', () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: '' };
    const users = [
      { name: 'me', user: {} },
      { name: 'me', user: { exec } },
    ];
    expect(problem({ users })).toBe(
      'the kubeconfig X: users[1].name is used by an earlier entry; users[1].user.exec.command is missing; ' +
        'users[1].user.exec.apiVersion must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1',
    );
  });

  test.each([
    ['a server that is none', { server: 'ftp://x' }],
    ['no server', {}],
  ])('may be %s', async (_, cluster) => {
    const content = { ...kubeconfig(SERVER), clusters: [{ name: 'test', cluster }] };
    expect(await rejection(ClusterAccess.load({ kubeconfigText: JSON.stringify(content) }))).toMatchObject({
      name: 'KubeconfigError',
      message: 'the cluster test in the kubeconfig has no server with an http:// or https:// URL',
    });
  });
});

describe('a token file', () => {
  test('wins over a token, and is read again for each request; one that is being replaced stays as it was', async () => {
    const file = temporaryFile('first\n');
    const text = JSON.stringify(kubeconfig(SERVER, { token: 'old', tokenFile: file }));
    const access = await ClusterAccess.load({ kubeconfigText: text });
    atEnd(() => access.close());
    const token = async () => (await access.request()).headers['authorization'];
    expect(await token()).toBe('Bearer first');
    writeFileSync(file, 'second\n');
    expect(await token()).toBe('Bearer second');
    rmSync(file);
    expect(await token()).toBe('Bearer second');
  });

  test.each(['', undefined])(
    'with nothing in it, or that is not there (%j), leaves a token what it is',
    async (content) => {
      const tokenFile = content === undefined ? '/nowhere/token' : temporaryFile(content);
      expect((await requestOf({ token: 't', tokenFile })).headers).toEqual({ authorization: 'Bearer t' });
    },
  );

  test('that is not there is named, and no network is blamed', async () => {
    expect(await rejection(requestOf({ tokenFile: '/nowhere/token' }))).toMatchObject({
      name: 'CredentialsError',
      message: 'the token file of the user me, /nowhere/token: ENOENT',
    });
  });
});

describe('who somebody acts for', () => {
  test('is told by headers', async () => {
    const user = {
      token: 't',
      as: 'jane',
      'as-uid': 'u-1',
      'as-groups': ['dev', 'ops'],
      'as-user-extra': { 'acme.com/Project': ['x', 'y'] },
    };
    expect((await requestOf(user)).headers).toEqual({
      authorization: 'Bearer t',
      'impersonate-user': 'jane',
      'impersonate-uid': 'u-1',
      'impersonate-group': ['dev', 'ops'],
      'impersonate-extra-acme.com%2fproject': ['x', 'y'],
    });
  });

  test('may have a name beyond ASCII', async () => {
    const name = String((await requestOf({ token: 't', as: '日本' })).headers['impersonate-user']);
    expect(Buffer.from(name, 'latin1').toString()).toBe('日本');
  });

  test('may be given for one command', async () => {
    const { headers } = await requestOf({ token: 't', as: 'jane' }, { impersonate: { user: 'joe', groups: ['g'] } });
    expect(headers).toMatchObject({ 'impersonate-user': 'joe', 'impersonate-group': ['g'] });
  });

  test('is no group without a user', async () => {
    expect(await rejection(requestOf({ token: 't', 'as-groups': ['dev'] }))).toMatchObject({
      name: 'CredentialsError',
      message: 'the user me impersonates groups, a uid or extras without a user',
    });
  });
});

describe('credentials that cannot be used', () => {
  test.each<[string, object, RegExp]>([
    ['a token with a line break', { token: 'a\nb' }, /^the token or password of the user me has a character/],
    [
      'a certificate that is none',
      { 'client-certificate-data': 'eA==', 'client-key-data': 'eA==' },
      /^the client certificate or key of the user me.* cannot be used: ERR_OSSL/,
    ],
    [
      'a certificate file that is not there',
      { 'client-certificate': '/nowhere/c', 'client-key': '/nowhere/k' },
      /^the client certificate of the user me, \/nowhere\/c: ENOENT$/,
    ],
    ['a provider that is no more', { 'auth-provider': { name: 'gcp' } }, /^the user me logs in with the provider gcp/],
    [
      'a token of a provider that has expired',
      { 'auth-provider': { name: 'oidc', config: { 'id-token': 'a.e30.c' } } },
      /whose token has expired$/,
    ],
  ])('are named: %s', async (_, user, message) => {
    const error = await rejection(requestOf(user));
    expect(error).toMatchObject({ name: 'CredentialsError', message: expect.stringMatching(message) });
    expect(error['fix']).toBeTruthy();
  });

  test('are not looked at where there are others: data win over a file', async () => {
    const content = kubeconfig(SERVER, { token: 't' }) as { clusters: [{ cluster: object }] };
    const data = Buffer.from('an authority').toString('base64');
    Object.assign(content.clusters[0].cluster, {
      'certificate-authority': '/nowhere/ca',
      'certificate-authority-data': data,
    });
    const access = await ClusterAccess.load({ kubeconfigText: JSON.stringify(content) });
    atEnd(() => access.close());
    expect(String((await access.request()).ca)).toBe('an authority');
  });

  test('of a provider are used as long as they are valid', async () => {
    const claims = Buffer.from(JSON.stringify({ exp: 4_000_000_000 })).toString('base64url');
    const token = `a.${claims}.c`;
    const { headers } = await requestOf({ 'auth-provider': { name: 'oidc', config: { 'id-token': token } } });
    expect(headers['authorization']).toBe(`Bearer ${token}`);
  });
});

describe('a credential plugin', () => {
  const access = async (exec: object, more: object = {}) => {
    const content = kubeconfig(SERVER, { exec }) as { clusters: [{ cluster: object }] };
    Object.assign(content.clusters[0].cluster, more);
    const made = await ClusterAccess.load({ kubeconfigText: JSON.stringify(content) });
    atEnd(() => made.close());
    return made;
  };

  test('without an expiry runs once, however many ask at once and afterwards', async () => {
    const { exec, runs } = plugin(TOKEN);
    const way = await access(exec);
    const answers = await Promise.all(Array.from({ length: 20 }, () => way.request()));
    await way.request();
    expect(answers.every(({ headers }) => headers['authorization'] === 'Bearer of-plugin')).toBe(true);
    expect(runs()).toBe(1);
  });

  test.each<[string, object]>([
    ['a token', { token: 'own' }],
    ['a password', { username: 'own', password: 'p' }],
  ])('is not asked by who has %s', async (_, user) => {
    const { exec, runs } = plugin(TOKEN);
    const { headers } = await requestOf({ ...user, exec });
    expect(headers['authorization']).not.toBe('Bearer of-plugin');
    expect(runs()).toBe(0);
  });

  test('runs again when what it returned has expired, or was refused', async () => {
    const expired = plugin(`return { status: { token: 't', expirationTimestamp: '2001-01-01T00:00:00Z' } };`);
    const short = await access(expired.exec);
    for (let count = 0; count < 3; count++) await short.request();
    expect(expired.runs()).toBe(3);
    const lasting = plugin(`return { status: { token: 't', expirationTimestamp: '2999-01-01T00:00:00Z' } };`);
    const long = await access(lasting.exec);
    await long.request();
    long.renew(long.generation);
    await long.request();
    await long.request();
    expect(lasting.runs()).toBe(2);
  });

  test('is told what it is asked for, and the cluster where it wants to know', async () => {
    const tell = `return { status: { token: process.env.KUBERNETES_EXEC_INFO + process.env.MINE } };`;
    const info = async (more: object) => {
      const { exec } = plugin(tell, { env: [{ name: 'MINE', value: '' }], ...more });
      const extension = { name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } };
      const way = await access(exec, { 'tls-server-name': 'kube', extensions: [extension] });
      return JSON.parse(String((await way.request()).headers['authorization']).replace('Bearer ', '')) as object;
    };
    const bare = {
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      spec: { interactive: false },
    };
    expect(await info({})).toEqual(bare);
    const cluster = { server: SERVER, 'tls-server-name': 'kube', config: { audience: 'a' } };
    expect(await info({ provideClusterInfo: true })).toEqual({ ...bare, spec: { interactive: false, cluster } });
  });

  test('may return a client certificate', async () => {
    const { exec } = plugin(`return { status: { clientCertificateData: 'no PEM', clientKeyData: 'none' } };`);
    const error = await rejection((await access(exec)).request());
    expect(error.message).toMatch(/^the client certificate or key of the user me, .* cannot be used/);
  });

  test.each<[string, () => object, string, string]>([
    [
      'is not installed',
      () => ({ ...plugin('').exec, command: 'no-such-plugin', installHint: 'brew install it\n' }),
      'the credential plugin no-such-plugin of the user me is not installed',
      'brew install it',
    ],
    [
      'is for a person',
      () => plugin(TOKEN, { interactiveMode: 'Always' }).exec,
      'needs a terminal to ask the user, and there is none',
      'run this in a terminal, or log in first',
    ],
    [
      'answers in another form',
      () => plugin(`return { apiVersion: 'client.authentication.k8s.io/v1beta1', status: { token: 't' } };`).exec,
      'answers with client.authentication.k8s.io/v1beta1, but client.authentication.k8s.io/v1 was requested',
      'set exec.apiVersion of the user me to client.authentication.k8s.io/v1beta1, or update the plugin',
    ],
    [
      'returns nothing to use',
      () => plugin(`return { status: {} };`).exec,
      'returned neither a token nor a client certificate with its key',
      'log in again as you do for kubectl; `kubectl auth whoami` runs the same plugin',
    ],
    [
      'reads from a terminal that is none',
      () => plugin(`process.exit(require('node:fs').readFileSync(0).length === 0 ? 9 : 0);`).exec,
      'failed with exit code 9',
      'log in again as you do for kubectl; `kubectl auth whoami` runs the same plugin',
    ],
  ])('that %s is named, with the way out', async (_, exec, message, fix) => {
    const error = await rejection((await access(exec())).request());
    expect(error).toMatchObject({ name: 'CredentialsError', message: expect.stringContaining(message), fix });
  });

  test('that nobody waits for any more is ended, with all that it has started', async () => {
    const pid = temporaryFile('');
    const started = `require('node:fs').writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1e6);`;
    const { exec } = plugin(`
      const child = require('node:child_process');
      child.spawn(process.execPath, ['-e', ${JSON.stringify(started)}, ${JSON.stringify(pid)}], { stdio: 'inherit' });
      setInterval(() => {}, 1e6);`);
    const way = await access(exec);
    const left = new AbortController();
    const asked = rejection(way.request(left.signal));
    while (readFileSync(pid, 'utf8') === '') await new Promise(setImmediate);
    left.abort(new Error('enough'));
    expect((await asked).message).toBe('enough');
    const isAlive = () => {
      try {
        return process.kill(Number(readFileSync(pid, 'utf8')), 0);
      } catch {
        return false;
      }
    };
    while (isAlive()) await new Promise(setImmediate);
  });
});
