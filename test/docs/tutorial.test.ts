import { describeKubectl } from '../sandbox/kubernetes-api/_kubectl';
import { follow } from './_follow';

describeKubectl(
  'the tutorial',
  () => {
    test('does what it shows', async () => {
      const [before = 0, byTheOperator = 0, driven = 0] = await follow('docs/tutorial.md');
      // The nodes recount only now and then, so that the first look may come before the last count.
      expect(before).toBeLessThanOrEqual(330);
      expect(driven).toBe(330);
      expect(byTheOperator).toBeLessThanOrEqual(300);
    });
  },
  31,
);
