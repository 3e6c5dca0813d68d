import { isDeepStrictEqual } from 'node:util';
import type { Recording, Sample } from './recording';
import type { Replay, Sampled } from './replay';

const EVERY_MS = 50;
/** The series of a recording, by whom and what was asked. */
const ASKED: Record<string, readonly [node: string, path: string]> = {
  'status@target': ['n1', '/api/v5/load_rebalance/status'],
  'eviction@target': ['n1', '/api/v5/node_eviction/status'],
  'availability@target': ['n1', '/api/v5/load_rebalance/availability_check'],
  'global_status@other': ['n2', '/api/v5/load_rebalance/global_status'],
};

type Json = Record<string, unknown>;

/**
 * Compares sampled series. The recorded nodes ran on a busy machine, so that their ticks came late and the samples missed some
 * values: each recorded value has to be among the simulated ones, in the same order. Counts that depend on how many clients had come
 * back at a tick are compared as far as they do not (all but `sessions` while sessions are evicted or taken over).
 *
 * @param isSteady no client comes back: all counts are compared
 */
export function compareSeries(recording: Recording, replay: Replay, isSteady: boolean) {
  const comparable = (status: number, body: Json) => comparableAnswer(status, body, isSteady);
  const comparableSample = ({ v }: Sample) =>
    typeof v === 'number' ? { s: v } : comparable((v as { s: number }).s, (v as { j: Json }).j);
  const { samples = {}, steps } = recording;
  const end = Math.max(
    ...steps.map(({ t_ms }) => t_ms),
    ...Object.values(samples).flatMap((each) => each.map(({ t }) => t)),
  );
  const simulated = new Map<string, Sampled[]>();
  for (const name of Object.keys(samples)) {
    const asked = ASKED[name];
    if (asked) simulated.set(name, replay.sample(...asked, EVERY_MS, end + 500));
  }
  return {
    compare() {
      const report = { count: 0, wrong: [] as string[], skipped: new Map<string, number>() };
      for (const [name, series] of Object.entries(samples)) {
        const found = simulated.get(name);
        if (!found) {
          report.skipped.set(`values of ${name}, of which only what is steady is in the steps`, series.length);
          continue;
        }
        const values = found.map(({ status, body }) => comparable(status, JSON.parse(body)));
        let place = 0;
        for (const sample of series) {
          const wanted = comparableSample(sample);
          const at = values.findIndex((value, index) => index >= place && isDeepStrictEqual(value, wanted));
          if (at < 0)
            report.wrong.push(
              `${name} at ${sample.t}: ${JSON.stringify(wanted)} is not simulated after place ${place}`,
            );
          else {
            place = at;
            report.count++;
          }
        }
      }
      return report;
    },
  };
}

function comparableAnswer(status: number, body: Json, isSteady: boolean): unknown {
  if ('message' in body || Object.keys(body).length === 0) return { s: status };
  if (isSteady) return body;
  const evacuations = body['evacuations'] as Json[] | undefined;
  if (evacuations) return { ...body, evacuations: evacuations.map(withoutChance) };
  return withoutChance(body);
}

/** Without the counts that depend on how fast clients come back, and on what a tick did while the sample was taken. */
function withoutChance(body: Json): Json {
  const stats = body['stats'] as Json | undefined;
  if (!stats) return body;
  const { connections, sessions, ...rest } = stats;
  if (connections !== undefined) return { ...body, stats: { drained: connections === 0 && sessions === 0 } };
  if (body['state'] !== 'evicting_sessions') return { ...body, stats: rest };
  const { current_sessions: current, ...known } = rest;
  return { ...body, stats: { ...known, left: (current as number) > 0 } };
}
