import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Ajv from 'ajv/dist/2020';
import type { ReportDocument } from '../../../src/cli/page/document';
import { run } from '../_shell';
import { SimulatedCluster } from '../_simulated';
import { eventful } from './_document';

const folder = mkdtempSync(path.join(tmpdir(), 'page-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => path.join(folder, name);

const SCHEMA = path.resolve(__dirname, '../../../docs/report.schema.json');
const validate = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile<ReportDocument>(
  JSON.parse(readFileSync(SCHEMA, 'utf8')) as object,
);

/** What is wrong with a report by its schema. */
function faultsOf(report: unknown): unknown[] {
  validate(report);
  return (validate.errors ?? []).map(({ instancePath, message, params }) => ({ instancePath, message, params }));
}

describe('upgrade --html, report --html and report -o json', () => {
  let cluster: SimulatedCluster;
  beforeAll(async () => {
    cluster = await SimulatedCluster.atRest();
  });

  test('write the same page, at the end and whenever it is wanted', async () => {
    const upgraded = await cluster.run(`upgrade --set-version 4.4.15 --rate 30 --yes --html ${file('upgrade.html')}`);
    expect(upgraded).toMatchObject({ code: 0, err: `the report is in ${file('upgrade.html')}\n` });
    const reported = await cluster.run(`report --html ${file('report.html')}`);
    expect(reported.code).toBe(0);
    const pages = ['upgrade.html', 'report.html'].map((name) => readFileSync(file(name), 'utf8'));
    expect(pages[0]).toBe(pages[1]);
    expect(pages[0]).toContain('<h1>emqx-ee: EMQX 4.4.14 → 4.4.15</h1>');
  });

  test('have what was observed over time, and what was planned', async () => {
    const { out } = await cluster.run('report -o json');
    const document = JSON.parse(out) as ReportDocument;
    expect(faultsOf(document)).toEqual([]);
    const { series, planned, drivers, pace, peakDisconnectsPerSecond } = document;
    expect(planned).toMatchObject({ lowerBoundMs: expect.any(Number) as number, peakDisconnectsPerSecond: 30 });
    expect(drivers).toHaveLength(1);
    expect(pace).toMatchObject([{ perSecond: 30 }]);
    const { blue, green, away, disconnects, disconnectsPerSecond, reconnects, nodes } = series!;
    const known = (column: readonly (number | null)[]) => column.filter((value) => value !== null);
    const ends = (column: readonly (number | null)[]) => [known(column)[0], known(column).at(-1)];
    expect([ends(blue.connections), ends(green.connections)]).toEqual([
      [300, 0],
      [0, 300],
    ]);
    expect([ends(blue.sessions), ends(green.sessions)]).toEqual([
      [330, 0],
      [0, 330],
    ]);
    const sum = (column: readonly (number | null)[]) => known(column).reduce<number>((all, value) => all + value!, 0);
    expect([sum(disconnects), sum(reconnects)]).toEqual([300, 300]);
    expect(Math.max(...(known(disconnectsPerSecond) as number[]))).toBe(peakDisconnectsPerSecond);
    expect(Math.max(...(known(away) as number[]))).toBeLessThanOrEqual(planned!.devicesAway!);
    expect(nodes).toHaveLength(6);
  });

  test('of an aborted run say so', async () => {
    const aborted = await SimulatedCluster.atRest();
    await aborted.world.clock.run(async () => {
      const upgrade = aborted.started('upgrade --set-version 4.4.15 --rate 30 --yes');
      await aborted.world.clock.sleep(15_000);
      await aborted.started('abort');
      await upgrade;
    });
    const { out } = await aborted.run(`report -o json --html ${file('aborted.html')}`);
    const document = JSON.parse(out) as ReportDocument;
    expect(faultsOf(document)).toEqual([]);
    expect(document.outcome).toBe('aborted');
    expect(readFileSync(file('aborted.html'), 'utf8')).toContain('Aborted: the cluster is as it was before');
  });
});

describe('simulate --html', () => {
  test('has what the devices saw beside the operator alone, and the same as JSON', async () => {
    const { code, out } = await run(`simulate --clients 120 -o json --html ${file('simulated.html')}`.split(' '));
    expect(code).toBe(0);
    const { record } = JSON.parse(out) as { record: ReportDocument };
    expect(faultsOf(record)).toEqual([]);
    const { seconds } = record.devices!;
    expect(Math.max(...seconds.disconnects)).toBe(record.devices!.peakDisconnectsPerSecond);
    expect([seconds.connected[0], seconds.connected.at(-1)]).toEqual([120, 120]);
    const page = readFileSync(file('simulated.html'), 'utf8');
    expect(page).toContain('<th scope="col">pilot</th><th scope="col">operator alone</th>');
    expect(page).toContain('This is a model in virtual time: no cluster was touched.');
  });

  test('of an upgrade that the operator cannot do says why', async () => {
    const { out } = await run(`simulate --clients 30 --replicas 11 -o json --html ${file('eleven.html')}`.split(' '));
    expect(faultsOf((JSON.parse(out) as { record: unknown }).record)).toEqual([]);
    expect(readFileSync(file('eleven.html'), 'utf8')).toContain('The operator alone cannot: ');
  });

  test.each([
    ['a folder', () => folder, 'must be a file: it is a folder'],
    ['in a folder that is not there', () => file('none/x.html'), 'its folder cannot: ENOENT'],
  ])('does nothing where the page could not be written: %s', async (_what, where, reason) => {
    const { code, out, err } = await run(`simulate --clients 30 --html ${where()}`.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(reason);
  });

  test('replaces a page that is there', async () => {
    writeFileSync(file('old.html'), 'old');
    await run(`simulate --clients 30 --driver operator --html ${file('old.html')}`.split(' '));
    expect(readFileSync(file('old.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });
});

test('the schema takes a report with everything in it, and refuses what it does not describe', () => {
  expect(faultsOf(eventful())).toEqual([]);
  expect(faultsOf({ ...eventful(), more: 1 })).toHaveLength(1);
  expect(
    faultsOf({ ...eventful(), series: { ...eventful().series, blue: { connections: ['0'], sessions: [] } } }),
  ).not.toEqual([]);
});
