import type { Emqx } from '../../../../src/resource';
import { DIALECT_2_2 } from '../../../../src/simulator/operator/v2beta1/dialect';
import { EmqxPass } from '../../../../src/simulator/operator/v2beta1/pass';
import { Random } from '../../../../src/simulator/random';
import { apiServer, ref } from '../../kubernetes/fixtures';

const EMQX = { apiVersion: 'apps.emqx.io/v2beta1', kind: 'EMQX' } as const;

/** A pass over a resource that someone else changes after it was read. */
function outrun(act: (pass: EmqxPass) => Promise<void>) {
  const { clock, store, api } = apiServer();
  store.create<Emqx>({
    ...EMQX,
    metadata: { name: 'e', namespace: 'default' },
    spec: { image: 'x:5.8.8', coreTemplate: { spec: { replicas: 1 } } },
  });
  const read = store.get<Emqx>(ref(EMQX, 'e'));
  store.update<Emqx>(ref(EMQX, 'e'), (draft) => {
    draft.spec.image = 'x:5.8.9';
    return undefined;
  });
  const { signal } = new AbortController();
  const options = {
    api,
    clock,
    random: new Random(1),
    emqx: undefined,
    dialect: DIALECT_2_2,
    signal,
    record: () => undefined,
  };
  const pass = new EmqxPass(read, options);
  return { act: () => clock.run(() => act(pass)), pass, stored: () => store.get<Emqx>(ref(EMQX, 'e')) };
}

describe('a pass over a resource that was changed meanwhile', () => {
  it('does not write the status it worked out', async () => {
    const { act, pass, stored } = outrun(() => {
      pass.status.coreNodesStatus = { replicas: 1 };
      return pass.writeStatus();
    });
    await expect(act()).rejects.toMatchObject({ code: 'Conflict' });
    expect(stored().status).toBeUndefined();
  });

  it('nor an annotation', async () => {
    const { act, stored } = outrun((pass) => pass.annotate('a', 'b'));
    await expect(act()).rejects.toMatchObject({ code: 'Conflict' });
    expect(stored().metadata.annotations).toBeUndefined();
  });

  it('writes what it may by reading it again; what it had in memory is lost', async () => {
    const { act, pass, stored } = outrun(() => {
      pass.status.coreNodesStatus = { replicas: 1 };
      return pass.changeStatus(() => {
        pass.status.replicantNodesStatus = { updateRevision: 'x', readyReplicas: 0 };
      });
    });
    await act();
    expect(pass.instance.spec.image).toBe('x:5.8.9');
    expect(stored().status).toEqual({ coreNodesStatus: {}, replicantNodesStatus: { updateRevision: 'x' } });
  });
});
