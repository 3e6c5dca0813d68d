const path = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** What takes longest, as it was measured, for a run that has no memory of an earlier one. */
const LONGEST = [
  'simulator/faults/chosen-plans',
  'pulumi/both-generations',
  'docs/tutorial-emqx5',
  'simulator/faults/faults',
  'pulumi/safety',
  'docs/tutorial',
  'cli/page/browser',
  'simulator/faults/crash-points',
  'pulumi/in-cluster',
  'pulumi/creation',
  'docs/gitops',
  'examples/real',
  'pulumi/provider',
  'cli/processes',
  'sandbox/demo',
  'constructs/settled-by-rules',
  'cli/simulate',
  'pulumi/volumes',
  // In the order in which two shards have the same to do.
  '../test-kube/upgrade',
  '../test-kube/runner',
  '../test-kube/api-server-outage',
  '../test-kube/emqx5',
  '../test-kube/definitions',
  '../test-kube/hazards',
];

const nameOf = ({ path: file }) => path.relative(__dirname, file).replace(/\.test\.ts$/, '');

const rankOf = (test) => {
  const index = LONGEST.indexOf(nameOf(test));
  return index < 0 ? LONGEST.length : index;
};

/** Begins with the longest files, so that no processor waits for the other one at the end. */
class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rankOf(a) - rankOf(b));
  }

  /** Dealt out in turn, the longest first. The order is the same for all shards, whatever each remembers of earlier runs. */
  shard(tests, { shardIndex, shardCount }) {
    const byName = (a, b) => (nameOf(a) < nameOf(b) ? -1 : 1);
    return [...tests]
      .sort((a, b) => rankOf(a) - rankOf(b) || byName(a, b))
      .filter((_, index) => index % shardCount === shardIndex - 1);
  }
}

module.exports = LongestFirst;
