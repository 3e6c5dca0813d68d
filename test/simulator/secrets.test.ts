import type { KubeObject } from '../../src/kubernetes';
import { controlUpgrade, lastRecord, type ProgressEvent, planUpgrade, runUpgrade, statusOf } from '../../src/upgrade';
import { atRest, cluster, SEED } from './_cluster-at-rest';

const LICENSE = 'license-cDT4M6bXq2';
const API_SECRET = 'api-secret-9xQv1Lw0';
const ENVIRONMENT = 'environment-7Rk2Zt5';

/** A cluster with something secret in every place that may hold it. */
const confidential = (version: string, environment: string) =>
  cluster(version, ({ spec }) => {
    spec.license = { stringData: LICENSE };
    const container = spec.template!.spec!.emqxContainer!;
    container.bootstrapAPIKeys = [{ key: 'dashboards', secret: API_SECRET }];
    container.env = [{ name: 'TOKEN', value: environment }];
  });

test(`nothing secret is in what a run tells or leaves behind, but in Secrets (seed ${SEED})`, async () => {
  const events: ProgressEvent[] = [];
  const at = await atRest({ resource: confidential('4.4.14', `${ENVIRONMENT}-old`), events });
  const { world, context } = at;
  const { store } = world.kubernetes;
  const desired = confidential('4.4.15', `${ENVIRONMENT}-new`);
  const told = await world.clock.run(async () => {
    const plan = await planUpgrade(context, { desired });
    const run = runUpgrade(context, { desired });
    while (!events.some((event) => event.kind === 'phase' && event.phase === 'evacuate')) await world.clock.sleep(100);
    const status = await statusOf(context);
    await controlUpgrade({ ...context, holder: 'other' }, { do: 'abort' });
    const aborted = await run;
    const blocked = await runUpgrade(context, { desired: confidential('4.4.14', `${ENVIRONMENT}-old`) }).catch(
      (error: Error) => error.stack ?? error.message,
    );
    const upgraded = await runUpgrade(context, { desired });
    return { plan, status, aborted, blocked, upgraded, last: await lastRecord(context) };
  });
  const { id, secret: password } = await world.clock.run(() =>
    (context.cluster as unknown as { credentials(): Promise<{ id: string; secret: string }> }).credentials(),
  );
  expect(id).toBe('emqx_operator_controller');
  const left = store
    .all<KubeObject>()
    .filter(({ kind, metadata }) => metadata.name === 'emqx-ee-upgrade' && kind !== 'Secret');
  expect(left.map(({ kind }) => kind).sort()).toEqual(['ConfigMap', 'Lease']);
  const text = JSON.stringify({ events, told, left });
  expect(text).toContain('4.4.15');
  for (const secret of [LICENSE, API_SECRET, ENVIRONMENT, password]) expect(text).not.toContain(secret);
  world.stop();
});
