const path = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** What takes longest, as it was measured, for a run that has no memory of an earlier one. */
const LONGEST = [
  'simulator/faults/faults',
  'docs/tutorial-emqx5',
  'docs/tutorial',
  'pulumi/provider',
  'simulator/faults/chosen-plans',
  'simulator/faults/crash-points',
  'cli/processes',
  'cli/simulate',
  'docs/in-control',
  'simulator/hazards/resource',
  'simulator/hazards/operator',
  'simulator/hazards/hold',
  'upgrade/run-crash',
  'sandbox/demo',
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
