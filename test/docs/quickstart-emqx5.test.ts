import { describeKubectl } from '../sandbox/kubernetes-api/_kubectl';
import { follow } from './_follow';

describeKubectl(
  'the quickstart of EMQX 5',
  () => {
    test('does what it shows', async () => {
      expect(await follow('docs/quickstart-emqx5.md')).toEqual([330]);
    });
  },
  31,
);
