import { type RunnerPolicy, readPolicy } from '../../src/resource/runner-policy';
import { type Decision, decide, type Situation } from '../../src/runner/decide';
import { keyOf, type Sighting } from '../../src/runner/sighting';

const NOW = Date.parse('2026-03-28T12:00:00Z');
const DIGEST = '0123456789abcdef';

function policyOf(text = ''): RunnerPolicy {
  const reading = readPolicy(text);
  if ('policy' in reading) return reading.policy;
  throw new Error('the policy of this test is wrong');
}

function cluster(name: string, state: Sighting['state'], more: Partial<Sighting> = {}): Sighting {
  return {
    cluster: { kind: 'EmqxEnterprise', namespace: 'mqtt', name },
    labels: {},
    state,
    isHeld: true,
    canBeHeld: true,
    version: '4.4.15',
    digest: DIGEST,
    served: state === 'waiting' ? '4.4.14' : '4.4.15',
    run:
      state === 'upgrading' ? { id: 'r', target: DIGEST, phase: 'evacuate', from: '4.4.14', to: '4.4.15' } : undefined,
    last: undefined,
    isStarting: false,
    since: NOW - 300_000,
    holder: undefined,
    ...more,
  };
}

function situation(clusters: readonly Sighting[], more: Partial<Situation> & { policyText?: string } = {}): Situation {
  const { policyText, ...others } = more;
  return {
    now: NOW,
    home: 'mqtt',
    policy: policyOf(policyText),
    clusters,
    approved: new Map(),
    begun: new Map(),
    busy: new Set(),
    notBefore: new Map(),
    ...others,
  };
}

/** As `name: what it is about`. */
function lines(decisions: readonly Decision[]): string[] {
  return decisions.map((each) => `${each.cluster.cluster.name}: ${each.do === 'leave' ? each.reason : each.do}`);
}

const approved = new Map([['EmqxEnterprise/mqtt/a', { digest: DIGEST }]]);
const approvedAfter = (after: string) => new Map([['EmqxEnterprise/mqtt/a', { digest: DIGEST, after }]]);
const aborted = { id: 'r1', target: DIGEST, isAborted: true };
const automatic = 'mode: automatic';
const other = (name: string, state: 'alive' | 'unknown' | 'gone') => ({ holder: { name, state } });

test.each<[string, Sighting, Partial<Situation> & { policyText?: string }, string[]]>([
  ['at rest and held', cluster('a', 'at-rest'), {}, []],
  ['at rest, not held', cluster('a', 'at-rest', { isHeld: false }), {}, ['a: NotHeld']],
  ['the same, to be held', cluster('a', 'at-rest', { isHeld: false }), { policyText: 'hold: enforce' }, ['a: hold']],
  [
    'the same without a strategy',
    cluster('a', 'at-rest', { isHeld: false, canBeHeld: false }),
    { policyText: 'hold: enforce' },
    ['a: NotHeld'],
  ],
  ['the operator upgrades', cluster('a', 'native', { isHeld: false }), {}, ['a: OperatorUpgrades']],
  [
    'the operator upgrades, and its new nodes start: to be held',
    cluster('a', 'native', { isHeld: false, isStarting: true }),
    { policyText: 'hold: enforce' },
    ['a: hold'],
  ],
  [
    'the same, when it may be moving devices',
    cluster('a', 'native', { isHeld: false }),
    { policyText: 'hold: enforce' },
    ['a: OperatorUpgrades'],
  ],
  ['unsettled', cluster('a', 'unsettled'), { policyText: automatic }, []],
  ['waiting', cluster('a', 'waiting'), { policyText: automatic }, ['a: take-up']],
  [
    'its new nodes start',
    cluster('a', 'waiting', { isStarting: true, since: NOW - 299_999 }),
    { policyText: automatic },
    [],
  ],
  ['they do not start', cluster('a', 'waiting', { isStarting: true }), { policyText: automatic }, ['a: take-up']],
  ['waiting, not approved', cluster('a', 'waiting'), {}, ['a: NotApproved']],
  [
    'new nodes start, not approved',
    cluster('a', 'waiting', { isStarting: true, since: NOW - 1 }),
    {},
    ['a: NotApproved'],
  ],
  ['waiting and approved', cluster('a', 'waiting'), { approved }, ['a: take-up']],
  [
    'another template is approved',
    cluster('a', 'waiting', { digest: 'fedcba9876543210' }),
    { approved },
    ['a: OtherApproved'],
  ],
  [
    'this template was aborted',
    cluster('a', 'waiting', { last: aborted }),
    { policyText: automatic },
    ['a: AbortedBefore'],
  ],
  [
    'this template was aborted, and is approved since',
    cluster('a', 'waiting', { last: aborted }),
    { policyText: automatic, approved: approvedAfter('r1') },
    ['a: take-up'],
  ],
  [
    'this template was aborted, and an approval of it without a run is applied again and again',
    cluster('a', 'waiting', { last: aborted }),
    { policyText: automatic, approved },
    ['a: AbortedBefore'],
  ],
  ...(['', automatic].map((policyText) => [
    `this template was approved before it was aborted (${policyText})`,
    cluster('a', 'waiting', { last: aborted }),
    { policyText, approved: approvedAfter('r0') },
    [policyText ? 'a: AbortedBefore' : 'a: NotApproved'],
  ]) as [string, Sighting, object, string[]][]),
  [
    'approved before another run, which has completed',
    cluster('a', 'waiting', { last: { id: 'r2', target: 'fedcba9876543210', isAborted: false } }),
    { approved: approvedAfter('none') },
    ['a: NotApproved'],
  ],
  ['approved as the first upgrade', cluster('a', 'waiting'), { approved: approvedAfter('none') }, ['a: take-up']],
  ['the policy is wrong', cluster('a', 'waiting'), { policy: undefined, approved }, []],
  ['the policy is wrong, at rest and not held', cluster('a', 'at-rest', { isHeld: false }), { policy: undefined }, []],
  [
    'the policy is wrong, and the own run is driven by nobody',
    cluster('a', 'upgrading', other('runner-0', 'gone')),
    { policy: undefined, begun: new Map([['EmqxEnterprise/mqtt/a', DIGEST]]) },
    ['a: resume'],
  ],
  [
    'the policy is wrong, and the own run is to be tried again later',
    cluster('a', 'upgrading', other('runner-0', 'gone')),
    {
      policy: undefined,
      begun: new Map([['EmqxEnterprise/mqtt/a', DIGEST]]),
      notBefore: new Map([['EmqxEnterprise/mqtt/a', NOW + 1]]),
    },
    [],
  ],
  [
    'the policy is wrong, and the run of a laptop is driven by nobody',
    cluster('a', 'upgrading', other('laptop', 'gone')),
    { policy: undefined },
    ['a: NotResumed'],
  ],
  [
    'another template was aborted',
    cluster('a', 'waiting', { last: { id: 'r1', target: 'fedcba9876543210', isAborted: true } }),
    { policyText: automatic },
    ['a: take-up'],
  ],
  [
    'the window is closed',
    cluster('a', 'waiting'),
    { policyText: `${automatic}\nwindow: { from: "13:00", to: "14:00" }` },
    ['a: OutsideWindow'],
  ],
  [
    'the window is open',
    cluster('a', 'waiting'),
    { policyText: `${automatic}\nwindow: { from: "12:00", to: "14:00" }` },
    ['a: take-up'],
  ],
  [
    'this process works on it',
    cluster('a', 'waiting'),
    { policyText: automatic, busy: new Set(['EmqxEnterprise/mqtt/a']) },
    [],
  ],
  [
    'it failed a moment ago',
    cluster('a', 'waiting'),
    { policyText: automatic, notBefore: new Map([['EmqxEnterprise/mqtt/a', NOW + 1]]) },
    [],
  ],
  [
    'it may be tried again',
    cluster('a', 'waiting'),
    { policyText: automatic, notBefore: new Map([['EmqxEnterprise/mqtt/a', NOW]]) },
    ['a: take-up'],
  ],
  ['a run without a driver', cluster('a', 'upgrading'), {}, ['a: resume']],
  ['its driver lives', cluster('a', 'upgrading', other('laptop', 'alive')), {}, []],
  ['it is not known whether its driver lives', cluster('a', 'upgrading', other('laptop', 'unknown')), {}, []],
  ['its driver is gone', cluster('a', 'upgrading', other('laptop', 'gone')), {}, ['a: resume']],
  ['others are not to be resumed', cluster('a', 'upgrading'), { policyText: 'resume: false' }, ['a: NotResumed']],
  [
    'it is the run of a runner',
    cluster('a', 'upgrading'),
    { policyText: 'resume: false', begun: new Map([['EmqxEnterprise/mqtt/a', DIGEST]]) },
    ['a: resume'],
  ],
  [
    'a runner has begun another one',
    cluster('a', 'upgrading'),
    { policyText: 'resume: false', begun: new Map([['EmqxEnterprise/mqtt/a', 'fedcba9876543210']]) },
    ['a: NotResumed'],
  ],
  [
    'a run is resumed outside of the window',
    cluster('a', 'upgrading'),
    { policyText: 'window: { from: "13:00", to: "14:00" }' },
    ['a: resume'],
  ],
])('%s', (_, sighting, more, expected) => {
  expect(lines(decide(situation([sighting], more)))).toEqual(expected);
});

test.each<[string, Sighting[], string, string[]]>([
  [
    'one at a time, by name',
    [cluster('c', 'waiting'), cluster('a', 'waiting'), cluster('b', 'waiting')],
    automatic,
    ['a: take-up', 'b: TooManyAtOnce', 'c: TooManyAtOnce'],
  ],
  [
    'two at a time',
    [cluster('a', 'waiting'), cluster('b', 'waiting'), cluster('c', 'waiting')],
    `${automatic}\nmaxConcurrent: 2`,
    ['a: take-up', 'b: take-up', 'c: TooManyAtOnce'],
  ],
  [
    'a run that someone else drives counts',
    [cluster('a', 'waiting'), cluster('b', 'upgrading', other('laptop', 'alive'))],
    automatic,
    ['a: TooManyAtOnce'],
  ],
  [
    'one that is to be resumed counts, and needs no place',
    [cluster('a', 'waiting'), cluster('b', 'upgrading'), cluster('c', 'upgrading')],
    automatic,
    ['a: TooManyAtOnce', 'b: resume', 'c: resume'],
  ],
  [
    'the one with the label comes first, and the others wait for it',
    [cluster('a', 'waiting'), cluster('z', 'waiting', { labels: { canary: 'true' } })],
    `${automatic}\nmaxConcurrent: 9\norder: { label: canary, value: "true" }`,
    ['z: take-up', 'a: AfterOthers'],
  ],
  [
    'they wait also while its new nodes start',
    [cluster('a', 'waiting'), cluster('z', 'unsettled', { labels: { canary: 'true' } })],
    `${automatic}\norder: { label: canary, value: "true" }`,
    ['a: AfterOthers'],
  ],
  [
    'and no longer when it is at rest',
    [cluster('a', 'waiting'), cluster('z', 'at-rest', { labels: { canary: 'true' } })],
    `${automatic}\norder: { label: canary, value: "true" }`,
    ['a: take-up'],
  ],
  [
    'they wait for one that does not have the version yet',
    [cluster('a', 'waiting'), cluster('z', 'at-rest', { labels: { canary: 'true' }, served: '4.4.14' })],
    `${automatic}\norder: { label: canary, value: "true" }`,
    ['a: AfterOthers'],
  ],
  [
    'one with a later version is not behind',
    [cluster('a', 'waiting'), cluster('z', 'at-rest', { labels: { canary: 'true' }, served: '4.4.16' })],
    `${automatic}\norder: { label: canary, value: "true" }`,
    ['a: take-up'],
  ],
  [
    'versions of the other kind do not compare',
    [
      cluster('a', 'waiting', { cluster: { kind: 'EMQX', namespace: 'mqtt', name: 'a' }, version: '5.8.9' }),
      cluster('z', 'at-rest', { labels: { canary: 'true' } }),
    ],
    `${automatic}\norder: { label: canary, value: "true" }`,
    ['a: take-up'],
  ],
  [
    'another value of the label is none',
    [cluster('a', 'waiting'), cluster('z', 'unsettled', { labels: { canary: 'false' } })],
    `${automatic}\norder: { label: canary, value: "true" }`,
    ['a: take-up'],
  ],
  [
    'clusters that are named come first',
    [cluster('a', 'waiting'), cluster('z', 'waiting')],
    `${automatic}\nmaxConcurrent: 9\norder: { clusters: [mqtt/z] }`,
    ['z: take-up', 'a: AfterOthers'],
  ],
  [
    'one that is named, and is not there, is waited for',
    [cluster('a', 'waiting'), cluster('z', 'at-rest')],
    `${automatic}\nmaxConcurrent: 9\norder: { clusters: [mqtt/z, mqtt/tpyo] }`,
    ['a: AfterOthers'],
  ],
])('several: %s', (_, clusters, policyText, expected) => {
  expect(lines(decide(situation(clusters, { policyText })))).toEqual(expected);
});

test('an approval is for one of two clusters of one name', () => {
  const clusters = (['EmqxEnterprise', 'EMQX'] as const).map((kind) =>
    cluster('a', 'waiting', { cluster: { kind, namespace: 'mqtt', name: 'a' } }),
  );
  const decisions = decide(situation(clusters, { approved, policyText: 'maxConcurrent: 2' }));
  expect(decisions.map(({ cluster: { cluster }, do: what }) => [cluster.kind, what])).toEqual([
    ['EMQX', 'leave'],
    ['EmqxEnterprise', 'take-up'],
  ]);
});

test('one that this process works on counts before its run is open', () => {
  const clusters = [cluster('a', 'waiting'), cluster('b', 'waiting')];
  const busy = new Set([keyOf(clusters[0]!.cluster)]);
  expect(lines(decide(situation(clusters, { policyText: automatic, busy })))).toEqual(['b: TooManyAtOnce']);
});

test('what is left is explained with what to do about it', () => {
  const texts = decide(
    situation([cluster('a', 'waiting')], {
      approved: new Map([['EmqxEnterprise/mqtt/a', { digest: 'fedcba9876543210' }]]),
    }),
  ).map((each) => each.do === 'leave' && each.text);
  expect(texts).toEqual([
    'template fedcba9876543210 is approved, but version 4.4.15, template 0123456789abcdef, waits: `emqx-blue-green approve emqxenterprise/a -n mqtt` approves it',
  ]);
});

test('the command that approves names the namespace of the runner where that is another one', () => {
  const [decision] = decide(situation([cluster('a', 'waiting')], { home: 'runners' }));
  expect(decision).toMatchObject({
    text: 'version 4.4.15, template 0123456789abcdef, waits for an approval: `emqx-blue-green approve emqxenterprise/a -n mqtt --runner-namespace runners` approves it',
  });
});

test.each<[string, string, string]>([
  ['another digest', 'fedcba9876543210', 'template fedcba9876543210 is approved, but version 4.4.15, '],
  ['two lines', 'a\nb', 'what was approved, "a\\nb", is not the digest of a template, but version 4.4.15, '],
  [
    'a long text',
    'x'.repeat(5_000),
    `what was approved, "${'x'.repeat(40)}…", is not the digest of a template, but version 4.4.15, `,
  ],
])('an approval of something else is quoted in part: %s', (_, digest, expected) => {
  const [decision] = decide(
    situation([cluster('a', 'waiting')], { approved: new Map([['EmqxEnterprise/mqtt/a', { digest }]]) }),
  );
  expect(decision).toMatchObject({ reason: 'OtherApproved', text: expect.stringContaining(expected) });
});

test.each<[Sighting['state'], string]>([
  ['upgrading', 'which comes first and is being upgraded, with version 4.4.15'],
  ['unsettled', 'which comes first and is not at rest, with version 4.4.15'],
])('one that waits for another says what that one does: %s', (state, expected) => {
  const first = cluster('z', state, { labels: { canary: 'true' } });
  const order = 'order: { label: canary, value: "true" }';
  const policyText = `${automatic}\nmaxConcurrent: 9\n${order}`;
  const [decision] = decide(
    situation([cluster('a', 'waiting'), first], { policyText, busy: new Set([keyOf(first.cluster)]) }),
  );
  expect(decision).toHaveProperty('text', expect.stringContaining(expected));
});
