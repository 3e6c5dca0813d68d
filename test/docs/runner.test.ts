import { openLink } from '../../src/cli/link';
import { runProgram } from '../../src/cli/program';
import { run, TestShell } from '../cli/_shell';
import { describeKubectl } from '../sandbox/kubernetes-api/_kubectl';
import { Desk } from './_desk';
import { expectShown, type Step, stepsOf } from './_steps';

/** The steps of one section: the others need a registry, or a real cluster. */
function steps(): Step[] {
  const all = stepsOf('docs/runner.md');
  const first = all.findIndex(({ commands = '' }) => commands.startsWith('emqx-blue-green sandbox'));
  const last = all.findIndex(({ commands = '' }) => commands.includes('source=emqx-blue-green'));
  return all.slice(first, last + 1);
}

describeKubectl('the runner on the sandbox', () => {
  const desk = new Desk();
  let runner: TestShell | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  afterAll(async () => {
    runner?.interrupt();
    await ended;
    await desk.clear();
  });

  const link = async () => ({ ...(await openLink({ kubeconfig: desk.kubeconfigPath })), clock: desk.time.clock });

  test('does what the document shows', async () => {
    /** What is waited for, with whoever does. */
    const waiting: { text: string; found: () => void }[] = [];
    let log = '';
    const written = (text: string) => {
      log += text;
      for (const { text, found } of waiting) if (log.includes(text)) found();
    };
    const logs = (text: string) =>
      desk.time.until(
        new Promise<void>((found) => {
          if (log.includes(text)) found();
          else waiting.push({ text, found });
        }),
      );
    for (const step of steps()) {
      const { commands = '' } = step;
      const words = commands.trim().split(/\s+/).slice(1);
      if (words[0] === 'sandbox') await desk.open(words);
      else if (words[0] === 'runner') {
        runner = new TestShell(words, { link, written });
        ended = runProgram(runner);
        await logs('"kind":"held"');
      } else if (commands.startsWith('emqx-blue-green')) {
        if (words[0] === 'status') await logs('"reason":"NotApproved"');
        if (words[0] === 'report') await logs('"kind":"end"');
        const { out, err } = await desk.time.until(run(words, { link }));
        expect(err).toBe('');
        expectShown(step, out);
      } else expectShown(step, await desk.run(commands));
    }
  });
});
