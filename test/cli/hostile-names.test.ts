import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { KubeObject } from '../../src/kubernetes';
import { SimulatedCluster } from './_simulated';

/** What takes over a terminal: clears it, sets its title, turns the direction of writing, begins a line of its own. */
const EVIL = 'evil\u001b[2J\u001b]0;x\u0007\u009b31m\u202e\u2028';
const OBEYED = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

const OPERATOR = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'emqx-operator-system',
  name: 'emqx-operator-controller-manager',
};

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(30);
});
afterEach(() => cluster.world.stop());

/** The lease is held by somebody of that name. */
function holdLease(): void {
  const { clock, kubernetes } = cluster.world;
  const now = new Date(clock.now()).toISOString();
  kubernetes.store.create({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'emqx-ee-upgrade', namespace: 'default' },
    spec: { holderIdentity: EVIL, leaseDurationSeconds: 30, acquireTime: now, renewTime: now },
  } as KubeObject);
}

/** The operator's image has that name. */
function renameOperator(): void {
  type Deployment = KubeObject & { spec: { template: { spec: { containers: [{ image: string }] } } } };
  cluster.world.kubernetes.store.update<Deployment>(OPERATOR, (draft) => {
    draft.spec.template.spec.containers[0].image = `${EVIL}/emqx-operator:2.3.0`;
    return undefined;
  });
}

/** A run was left, and what it wrote down has such names in it. */
async function leaveJournal(): Promise<void> {
  const { ended, leave } = left();
  await cluster.run('upgrade --set-version 4.4.15 --yes', { written: leave }).then(ended);
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'emqx-ee-upgrade' };
  cluster.world.kubernetes.store.update<KubeObject & { data: Record<string, string> }>(ref, (draft) => {
    const journal = JSON.parse(draft.data['journal.json']!) as { to: { version: string } };
    journal.to.version = EVIL;
    draft.data['journal.json'] = JSON.stringify(journal);
    return undefined;
  });
}

/** Ends a command as soon as it has begun to evacuate. */
function left() {
  let isLeft = false;
  return {
    leave: (text: string, shell: { interrupt(): void }) => {
      if (isLeft || !text.includes('phase evacuate')) return;
      isLeft = true;
      shell.interrupt();
    },
    ended: () => expect(isLeft).toBe(true),
  };
}

describe('names that would take over a terminal are shown escaped: ', () => {
  test.each<[string, () => unknown, string[]]>([
    [
      'the holder of the lease',
      holdLease,
      ['upgrade --set-version 4.4.15 --yes --no-wait', 'plan --set-version 4.4.15'],
    ],
    ['the image of the operator', renameOperator, ['check', 'plan --set-version 4.4.15']],
    ['a version in the journal', leaveJournal, ['status', 'rescue']],
  ])('%s', async (_, make, commands) => {
    await make();
    for (const command of commands.flatMap((words) => [words, `${words} -o json`])) {
      const { out, err } = await cluster.run(command);
      expect(`${out}${err}`).toMatch(/evil\\u/);
      expect(out).not.toMatch(OBEYED);
      expect(err).not.toMatch(OBEYED);
    }
  });

  test('what a node calls itself', async () => {
    const transport = cluster.world.transport;
    const link = () => ({
      ...cluster.link(),
      transport: () => ({
        exchange: async (...asked: Parameters<typeof transport.exchange>) => {
          const answer = await transport.exchange(...asked);
          return { ...answer, body: answer.body.replaceAll('4.4.14', JSON.stringify(EVIL).slice(1, -1)) };
        },
      }),
    });
    for (const command of ['status', 'status -o json', 'plan --set-version 4.4.15']) {
      const { out, err } = await cluster.run(command, { link });
      expect(out).toMatch(/evil\\u/);
      expect(`${out}${err}`).not.toMatch(OBEYED);
    }
  });
});

test('no command makes JSON in another way', () => {
  const folder = path.resolve(__dirname, '../../src/cli');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const makers = files.filter((file) => readFileSync(path.join(folder, file), 'utf8').includes('JSON.stringify('));
  expect(makers).toEqual([path.join('render', 'text.ts')]);
});
