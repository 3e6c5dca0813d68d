import { TransportError } from '../../../../src/emqx/transport';
import { kinds } from '../../../../src/simulator/kubernetes/kinds';
import { json } from './fake-emqx';
import { OperatedEmqx } from './operated-emqx';

const messages = (cluster: OperatedEmqx) => cluster.operator.panics.map(({ message }) => message);

function release(cluster: OperatedEmqx): void {
  cluster.change(({ updateStrategy }) => {
    updateStrategy!.initialDelaySeconds = 0;
  });
}

describe('what kills the operator’s process', () => {
  it('a release while the first evacuation is that of a core, and old replicants are there: until it is stopped', async () => {
    const cluster = new OperatedEmqx({ cores: 2, replicants: 2 });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      await cluster.holdUpgrade();
      cluster.emqx.evacuate(cluster.blue(), cluster.green(), 1);
      await cluster.sleep(10);
      expect(messages(cluster)).toEqual([]);
      release(cluster);
      await cluster.until('a crash', () => cluster.operator.panics.length > 0, 5);
      expect(messages(cluster)).toEqual(['nil pointer dereference: shouldDeletePodInfo.Edition']);
      await cluster.until('another', () => cluster.operator.panics.length > 2, 120);
      for (const pod of cluster.blue()) cluster.emqx.stopEvacuation(pod);
      await cluster.until('Ready', () => cluster.column() === 'Ready' && !cluster.isTwo());
    });
  });

  it('the same while EMQX still lists a drained replicant whose pod is gone', async () => {
    const cluster = new OperatedEmqx({ cores: 2, replicants: 2 });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      await cluster.holdUpgrade();
      const [pod] = cluster.blue('replicant');
      const node = cluster.emqx.nodes.get(pod!)!;
      cluster.emqx.evacuate([pod!], cluster.green('replicant'), 900);
      await cluster.until('drained', () => cluster.emqx.drained([pod!]));
      cluster.emqx.ghosts.push(node);
      cluster.kubernetes.store.delete({ ...kinds.pod, namespace: 'default', name: pod! });
      await cluster.sleep(8);
      release(cluster);
      await cluster.until('a crash', () => cluster.operator.panics.length > 0, 5);
      expect(messages(cluster)).toEqual(['nil pointer dereference: shouldDeletePodInfo.Edition']);
    });
  });

  it('a changed configuration while the nodes cannot be read', async () => {
    const cluster = new OperatedEmqx();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      await cluster.holdUpgrade();
      cluster.emqx.overrides.set('nodes', () => {
        throw new TransportError('reset', 'EOF');
      });
      await cluster.sleep(1.5);
      cluster.change((spec) => {
        spec.config = { data: 'a = 1' };
      });
      await cluster.until('a crash', () => cluster.operator.panics.length > 0, 5);
      expect(messages(cluster)).toEqual(['index out of range [0] with length 0: status.coreNodes']);
      cluster.emqx.overrides.delete('nodes');
      // It starts again after 10 s, and the change is still to be made.
      await cluster.until('sent', () => cluster.emqx.configs.length === 1, 60);
    });
  });

  it('a node of an unreadable version', async () => {
    const cluster = new OperatedEmqx({ version: 'e5-custom' });
    await cluster.run(async () => {
      cluster.create();
      await cluster.until('a crash', () => cluster.operator.panics.length > 0, 30);
      expect(messages(cluster)[0]).toBe('nil pointer dereference: the version "e5-custom" of a node');
    });
  });

  it('not an answer that is no list of nodes: it is reported. A Ready cluster has no endpoints then until the next pass', async () => {
    const cluster = new OperatedEmqx();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      cluster.emqx.overrides.set('nodes', () => json(200, { code: 'X' }));
      await cluster.until('no endpoints', () => cluster.endpoints().length === 0, 40);
      cluster.emqx.overrides.delete('nodes');
      expect(messages(cluster)).toEqual([]);
      expect(cluster.events('EMQX').join()).toContain('FailedToGetNodeStatuses');
      await cluster.sleep(25);
      expect(cluster.endpoints()).toEqual([]);
      expect(cluster.column()).toBe('Ready');
      await cluster.until('endpoints', () => cluster.endpoints().length === 3, 10);
      expect(cluster.column()).toBe('CoreNodesProgressing');
      await cluster.until('Ready', () => cluster.column() === 'Ready', 10);
    });
  });

  it('and takes the upgrades of all resources with it until it is back, of both kinds', async () => {
    const cluster = new OperatedEmqx({ version: 'bad' });
    await cluster.run(async () => {
      cluster.create();
      await cluster.until('a crash', () => cluster.operator.panics.length > 0, 30);
      const at = cluster.seconds();
      await cluster.until('the next', () => cluster.operator.panics.length > 1, 60);
      expect(cluster.passes().filter((pass) => pass > at && pass < at + 9)).toEqual([]);
    });
  });
});
