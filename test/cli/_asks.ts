import { processShell } from '../../src/cli/process-shell';

// Asks once it is told to by a signal.
const waiting = setInterval(() => undefined, 1_000);
process.once('SIGUSR2', () => {
  clearInterval(waiting);
  void processShell('test')
    .ask?.('sure? [y/N] ', new AbortController().signal)
    .then((answer) => process.stdout.write(`answered ${JSON.stringify(answer)}\n`));
});
process.stdout.write(`pid ${process.pid}\n`);
