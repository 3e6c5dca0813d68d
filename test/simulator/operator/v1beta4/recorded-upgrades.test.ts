import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { HOLD_DELAY_SECONDS } from '../../../../src/resource';
import { OperatedCluster } from './operated-cluster';

const recording = path.resolve(__dirname, '../../../../../shared/reference/upgrade-runs.json');
const given = existsSync(recording);
if (!given) console.log(`skipped: no recorded upgrades at ${recording}`);

interface Run {
  statefulsets: { s: number; name: string; spec: number; ready: number; replicas: number }[];
  status_snapshots: { s: number; bg: unknown }[];
  status_column: { s: number; STATUS: string }[];
}

const runs = given ? (JSON.parse(readFileSync(recording, 'utf8')) as { runs: Record<string, Run> }).runs : {};

/** What was recorded of a run: when the operator began to count, and when the old set was asked for fewer pods. */
function recorded(name: string) {
  const { statefulsets, status_snapshots, status_column } = runs[name]!;
  const blue = statefulsets.find(({ spec }) => spec < 3)!.name;
  const sizes = statefulsets.filter((each) => each.name === blue);
  const removals = sizes.filter(({ spec }, index) => spec < 3 && sizes[index - 1]?.spec !== spec).map(({ s }) => s);
  return { startedAt: status_snapshots.find(({ bg }) => bg !== null)!.s, removals, columns: status_column };
}

(given ? describe : describe.skip)('held against recorded upgrades of real parts, the simulated operator', () => {
  it.each([
    ['run1', 'stock', 19_000],
    ['run1c', 'as-designed', 16_000],
  ] as const)('%s: begins to count and takes the first pod when the %s one did', async (name, variant, bootMs) => {
    const { startedAt, removals } = recorded(name);
    const cluster = new OperatedCluster({ variant, bootMs });
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      cluster.setVersion('4.4.15');
      const counted = await cluster.until('startedAt', () => !!cluster.status().blueGreenUpdateStatus?.startedAt);
      expect(Math.abs(counted - startedAt)).toBeLessThan(4);
      const first = await cluster.until('the first pod', () => cluster.set(blue).spec.replicas === 2);
      expect(Math.abs(first - removals[0]!)).toBeLessThan(5);
    });
  });

  it('run1c: takes the second pod a poll, an evacuation and a poll after the first', async () => {
    const { removals } = recorded('run1c');
    const cluster = new OperatedCluster({ variant: 'as-designed', bootMs: 16_000 });
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      cluster.setVersion('4.4.15');
      await cluster.until('the second pod', () => cluster.set(blue).spec.replicas === 1);
      const [first, second] = cluster.scalings.filter(({ set }) => set === blue).map(({ at }) => at);
      expect(Math.abs(second! - first! - (removals[1]! - removals[0]!))).toBeLessThan(3);
    });
  });

  it.each([
    ['run2', 8_000],
    ['run3', 12_000],
  ] as const)(
    '%s: is held after as long, given a heartbeat each 5 s and one when all is ready',
    async (name, bootMs) => {
      const { startedAt, columns } = recorded(name);
      const seen: string[] = [];
      const cluster = new OperatedCluster({ bootMs });
      await cluster.run(async () => {
        const blue = await cluster.createAndSettle();
        cluster.kubernetes.store.subscribe(({ object }) => {
          const column = object.kind === 'EmqxEnterprise' ? cluster.column() : undefined;
          if (column && seen.at(-1) !== column) seen.push(column);
        });
        cluster.setVersion('4.4.15', HOLD_DELAY_SECONDS);
        const green = () => cluster.sets().find((set) => set.metadata.name !== blue);
        for (let next = 5; !green() || green()!.status?.readyReplicas !== 3; next += 5) {
          await cluster.until('a tick', () => cluster.seconds() >= next || green()?.status?.readyReplicas === 3);
          cluster.setDelay(HOLD_DELAY_SECONDS - next);
        }
        const counted = await cluster.until('startedAt', () => !!cluster.status().blueGreenUpdateStatus?.startedAt);
        expect(Math.abs(counted - startedAt)).toBeLessThan(1.5);
      });
      const recordedColumns = columns.filter(({ s }) => s < startedAt).map(({ STATUS }) => STATUS);
      // `Running` again in between: while the new nodes boot, only the old set counts.
      expect(recordedColumns).toEqual(
        ['Running', 'BlueGreenUpdating', 'Running', 'BlueGreenUpdating', 'BlueGreenUpdating'].slice(
          0,
          recordedColumns.length,
        ),
      );
      expect(seen).toEqual(['Running', 'BlueGreenUpdating', 'Running', 'BlueGreenUpdating']);
    },
  );
});
