import { describeKubectl } from '../sandbox/kubernetes-api/_kubectl';
import { Desk } from './_desk';
import { expectShown, sessionsIn, stepsOf } from './_steps';

const DOCUMENT = 'docs/quickstart-emqx5.md';

describeKubectl(
  'the quickstart of EMQX 5',
  () => {
    test('does what it shows', async () => {
      const desk = new Desk();
      const statuses: string[] = [];
      try {
        for (const step of stepsOf(DOCUMENT)) {
          const { line, commands = '' } = step;
          const [program, verb, ...words] = commands.trim().split(/\s+/);
          if (program === 'emqx-blue-green' && verb === 'sandbox') {
            await desk.open(words);
            continue;
          }
          const output = await desk.run(commands).catch((error: Error) => {
            throw new Error(`${DOCUMENT}:${line}: ${error.message}`);
          });
          expectShown(step, output);
          if (commands.includes('emqx-blue-green status')) statuses.push(output);
        }
      } finally {
        await desk.clear();
      }
      expect(statuses.map(sessionsIn)).toEqual([330]);
    });
  },
  31,
);
