import { openLink } from '../../src/cli/link';
import { run } from '../cli/_shell';
import { Desk } from './_desk';
import { LiveTerminal } from './_live-terminal';
import { expectShown, sessionsIn, stepsOf } from './_steps';

describe('an upgrade in control', () => {
  const desk = new Desk();
  let upgrade: LiveTerminal | undefined;
  afterAll(async () => {
    await upgrade?.close();
    await desk.clear();
  });

  const link = async () => ({ ...(await openLink({ kubeconfig: desk.kubeconfigPath })), clock: desk.time.clock });

  /** What a command prints that is typed beside the upgrade. */
  async function typed(commands: string, words: readonly string[]): Promise<string> {
    if (!commands.startsWith('emqx-blue-green')) return desk.run(commands);
    // In this process: the time that a command takes to start is not to be that of the upgrade.
    const { out, err } = await desk.time.until(run(words, { link }));
    expect(err).toBe('');
    return out;
  }

  test('does what the document shows', async () => {
    let last = '';
    for (const step of stepsOf('docs/in-control.md')) {
      const { commands, shown = '' } = step;
      const words = commands?.trim().split(/\s+/).slice(1) ?? [];
      if (commands === undefined) await desk.time.until(upgrade!.shows(shown));
      else if (words[0] === 'sandbox') await desk.open(words);
      else if (words[0] === 'upgrade') {
        await desk.ready;
        upgrade = new LiveTerminal(words, link);
      } else {
        last = await typed(commands, words);
        expectShown(step, last);
      }
    }
    expect(await desk.time.until(upgrade!.ended)).toBe(4);
    expect(sessionsIn(last)).toBe(330);
  });
});
