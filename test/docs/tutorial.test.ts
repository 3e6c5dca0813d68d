import { describeKubectl } from '../sandbox/kubernetes-api/_kubectl';
import { Desk } from './_desk';
import { expectShown, sessionsIn, stepsOf } from './_steps';

describeKubectl(
  'the tutorial',
  () => {
    test('does what it shows', async () => {
      const desk = new Desk();
      const statuses: string[] = [];
      try {
        for (const step of stepsOf('docs/tutorial.md')) {
          const { line, commands = '' } = step;
          const [program, verb, ...words] = commands.trim().split(/\s+/);
          if (program === 'emqx-blue-green' && verb === 'sandbox') {
            await desk.open(words);
            continue;
          }
          const output = await desk.run(commands).catch((error: Error) => {
            throw new Error(`docs/tutorial.md:${line}: ${error.message}`);
          });
          expectShown(step, output);
          if (commands.includes('emqx-blue-green status')) statuses.push(output);
        }
      } finally {
        await desk.clear();
      }
      const [before = 0, byTheOperator = 0, driven = 0] = statuses.map(sessionsIn);
      // The nodes recount only now and then, so that the first look may come before the last count.
      expect(before).toBeLessThanOrEqual(330);
      expect(driven).toBe(330);
      expect(byTheOperator).toBeLessThanOrEqual(300);
    });
  },
  31,
);
