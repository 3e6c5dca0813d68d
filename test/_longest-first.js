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
];

/** Begins with the longest files, so that no processor waits for the other one at the end. */
class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const rank = ({ path: file }) => {
      const index = LONGEST.indexOf(path.relative(__dirname, file).replace(/\.test\.ts$/, ''));
      return index < 0 ? LONGEST.length : index;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}

module.exports = LongestFirst;
