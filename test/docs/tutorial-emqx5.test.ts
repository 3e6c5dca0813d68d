import { describeKubectl } from '../sandbox/kubernetes-api/_kubectl';
import { follow } from './_follow';

describeKubectl(
  'the tutorial with EMQX 5',
  () => {
    test('does what it shows', async () => {
      const [before = 0, byTheOperator, driven] = await follow('docs/tutorial-emqx5.md');
      // The nodes recount only now and then, so that the first look may come before the last count.
      expect(before).toBeLessThanOrEqual(330);
      expect([byTheOperator, driven]).toEqual([330, 330]);
    });
  },
  31,
);
