#!/usr/bin/env bash
# The demo, as a user runs it, keeps what it promises: every client disconnected once, no session lost, peak and
# duration near their bounds; and the operator alone loses every session on the same seed.
set -euo pipefail
cd "$(dirname "$0")/.."
npm run --silent demo -- -o json | node -e '
const { plan, report, native } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const promises = {
  "every client is disconnected once": report.disconnectsPerClient.max === 1 && report.disconnectsPerClient.mean === 1,
  "no session is lost": report.sessionsLost === 0 && report.sessionsKept >= 300,
  "no connect is refused": report.refusedConnects === 0,
  "the peak is at most 1.15 × the cap": report.peakDisconnectsPerSecond <= 1.15 * report.capPerSecond,
  "the evacuation takes at most 1.25 × its lower bound": report.evacuateMs <= 1.25 * report.lowerBoundMs,
  "the plan knew the bound": plan.lowerBoundMs === report.lowerBoundMs,
  "the operator alone keeps no session": native.sessionsKept === 0 && native.sessionsLost === 300,
  "the operator alone drops devices in bursts": native.peakDisconnectsPerSecond > 3 * report.capPerSecond,
};
for (const [promise, kept] of Object.entries(promises)) {
  console.log(`${kept ? "✓" : "✗"} ${promise}`);
  if (!kept) process.exitCode = 1;
}
if (process.exitCode) console.log(JSON.stringify({ report, native }, null, 2));
'
