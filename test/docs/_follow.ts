import { Desk } from './_desk';
import { expectShown, sessionsIn, stepsOf } from './_steps';

/**
 * Follows a document step by step, with the real kubectl, and compares what it shows.
 *
 * @returns the sessions that each `emqx-blue-green status` has shown
 */
export async function follow(document: string): Promise<number[]> {
  const desk = new Desk();
  const statuses: string[] = [];
  try {
    for (const step of stepsOf(document)) {
      const { line, commands = '' } = step;
      const [program, verb, ...words] = commands.trim().split(/\s+/);
      if (program === 'emqx-blue-green' && verb === 'sandbox') {
        await desk.open(words);
        continue;
      }
      const output = await desk.run(commands).catch((error: Error) => {
        throw new Error(`${document}:${line}: ${error.message}`);
      });
      expectShown(step, output);
      if (commands.includes('emqx-blue-green status')) statuses.push(output);
    }
  } finally {
    await desk.clear();
  }
  return statuses.map(sessionsIn);
}
