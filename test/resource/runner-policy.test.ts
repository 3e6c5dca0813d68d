import { formatProblem } from '../../src/resource';
import { type PolicyReading, readPolicy } from '../../src/resource/runner-policy';

/** What is wrong, in the words a user reads. */
function problemsOf(reading: PolicyReading): string[] {
  return 'problems' in reading ? reading.problems.map(formatProblem) : [];
}

test.each<[string, string | undefined]>([
  ['none', undefined],
  ['an empty one', ''],
  ['only a comment', '# nothing yet\n'],
])('without a policy upgrades wait for an approval: %s', (_, text) => {
  expect(readPolicy(text)).toEqual({
    policy: {
      mode: 'approval',
      window: undefined,
      rateCap: undefined,
      pacing: 'fixed',
      offlineBudget: undefined,
      backPercent: undefined,
      sampleDevices: true,
      onFailure: 'stop',
      maxConcurrent: 1,
      order: undefined,
      resume: true,
      hold: 'leave',
    },
  });
});

test('a whole policy is read, as YAML and as JSON', () => {
  const yaml = `
mode: automatic
window: { days: [sat, sun], from: "22:00", to: "04:00", timeZone: Europe/Berlin }
rateCap: 500
pacing: adaptive
offlineBudget: none
backPercent: 95
sampleDevices: false
onFailure: abort
maxConcurrent: 3
order: { label: canary, value: "true", clusters: [mqtt/first] }
resume: false
hold: enforce
`;
  const policy = {
    mode: 'automatic',
    window: { days: ['sat', 'sun'], from: '22:00', to: '04:00', timeZone: 'Europe/Berlin' },
    rateCap: 500,
    pacing: 'adaptive',
    offlineBudget: 'none',
    backPercent: 95,
    sampleDevices: false,
    onFailure: 'abort',
    maxConcurrent: 3,
    order: { label: 'canary', value: 'true', clusters: ['mqtt/first'] },
    resume: false,
    hold: 'enforce',
  };
  expect(readPolicy(yaml)).toEqual({ policy });
  expect(readPolicy(JSON.stringify(policy))).toEqual({ policy });
});

test('a window is daily and in UTC unless it says otherwise', () => {
  expect(readPolicy('window: { from: "01:00", to: "24:00" }')).toMatchObject({
    policy: {
      window: { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '01:00', to: '24:00', timeZone: 'UTC' },
    },
  });
});

test.each<[string, string]>([
  ['mode: auto', '\'mode\' ("auto") must be one of automatic, approval'],
  ['mod: automatic', "'mod' (hidden) must be a known field"],
  ['maxConcurrent: 0', "'maxConcurrent' (0) must be a whole number from 1 to 1000"],
  ['maxConcurrent: "2"', '\'maxConcurrent\' ("2") must be a whole number from 1 to 1000'],
  ['rateCap: 1.5', "'rateCap' (1.5) must be a whole number from 1 to 1000000"],
  ['rateCap: 0', "'rateCap' (0) must be"],
  ['offlineBudget: 0', "'offlineBudget' (0) must be a whole number of devices from 1, or none"],
  ['offlineBudget: some', '\'offlineBudget\' ("some") must be a whole number of devices from 1, or none'],
  ['backPercent: 0', "'backPercent' (0) must be a whole number from 1 to 100: it is a share of the count before"],
  ['backPercent: 101', "'backPercent' (101) must be a whole number from 1 to 100"],
  ['sampleDevices: no', '\'sampleDevices\' ("no") must be true or false'],
  ['onFailure: retry', '\'onFailure\' ("retry") must be one of stop, abort'],
  ['resume: sometimes', '\'resume\' ("sometimes") must be true or false'],
  ['hold: true', "'hold' (true) must be one of enforce, leave"],
  ['window: { to: "05:00" }', "'window.from' (missing) must be a time of day"],
  ['window: nightly', '\'window\' ("nightly") must be an object'],
  ['window: { from: 1, to: "05:00" }', "'window.from' (1) must be a time of day in quotes"],
  ['window: { from: "1:00", to: "05:00" }', '\'window.from\' ("1:00") must be a time of day'],
  ['window: { from: "24:00", to: "05:00" }', '\'window.from\' ("24:00") must be a time of day'],
  ['window: { from: "01:00", to: "25:00" }', '\'window.to\' ("25:00") must be a time of day'],
  ['window: { from: "01:00", to: "01:00" }', "'window' (an object) must be a window with two different times"],
  ['window: { from: "01:00", to: "05:00", days: [] }', "'window.days' (a list of 0) must be one day or more"],
  ['window: { from: "01:00", to: "05:00", days: [monday] }', '\'window.days[0]\' ("monday") must be one of mon, tue'],
  ['window: { from: "01:00", to: "05:00", timeZone: Mars }', '\'window.timeZone\' ("Mars") must be an IANA time zone'],
  ['order: {}', "'order' (an object) must be a label with its value, a list of clusters, or both"],
  ['order: { label: canary }', "'order' (an object) must be a label with its value"],
  ['order: { clusters: [canary] }', "'order.clusters' (a list of 1) must be a list of NAMESPACE/NAME"],
  ['- mode', "'policy' (a list of 1) must be an object: the policy requires this"],
  ['mode: [', "'policy' (hidden) must be YAML or JSON"],
  ['mode: automatic\nmode: approval', "'policy' (hidden) must be YAML or JSON: Map keys must be unique"],
])('%s is refused', (text, expected) => {
  const problems = problemsOf(readPolicy(text));
  expect(problems).toEqual([expect.stringContaining(expected)]);
  expect(problems[0]).toMatch(/; \S/); // what to do
});

test.each<[string, string]>([
  ['resume: yes', 'write true: in YAML 1.2 yes is a text'],
  ['resume: Off', 'write false: in YAML 1.2 Off is a text'],
  ['resume: "true"', 'write it without quotes'],
  ['resume: sometimes', 'write true or false here'],
  ['mode: automtic', "did you mean 'automatic'?"],
  ['mode: later', 'write one of automatic, approval here'],
  ['hold: enforced', "did you mean 'enforce'?"],
  ['onFailur: stop', "did you mean 'onFailure'?"],
  ['- mode', 'write keys with values, such as mode: automatic'],
  ['mode: [', 'write for example mode: automatic, with one key in each line'],
])('%s: what to do about it', (text, fix) => {
  const reading = readPolicy(text);
  expect('problems' in reading && reading.problems.map((problem) => problem.fix)).toEqual([fix]);
});

test.each<[string, string[], string[]]>([
  [
    'polcy',
    ['polcy'],
    [
      "'data.polcy' (hidden) must be named policy: no other key is read as the policy, and without one the defaults would apply; did you mean 'policy'?",
    ],
  ],
  ['policy.yaml', ['policy.yaml'], ['\'data["policy.yaml"]\' (hidden) must be named policy']],
  ['two of them', ['a', 'b'], ["'data.a' (hidden)", "'data.b' (hidden)"]],
])('without a policy another key is taken for a misspelt one: %s', (_, keys, expected) => {
  expect(problemsOf(readPolicy(undefined, keys))).toEqual(expected.map((text) => expect.stringContaining(text)));
  expect(readPolicy('mode: automatic', keys)).toHaveProperty('policy.mode', 'automatic');
});

test('all problems are reported at once', () => {
  const text = 'mode: off\nmaxConcurrent: -1\nwindow: { from: "5", to: "6", timeZone: x }\nrate: 5\n';
  expect(problemsOf(readPolicy(text)).map((problem) => problem.split("'")[1])).toEqual([
    'window.from',
    'window.to',
    'window.timeZone',
    'maxConcurrent',
    'mode',
    'rate',
  ]);
});
