/**
 * Makes a process of the command line, or of the provider, live by the time of a test (`_shared-time.ts`): the machine's clock is
 * replaced where the product asks for it, and nothing else is.
 */
import { createRequire } from 'node:module';
import { connect } from 'node:net';

const { SystemClock } = createRequire(import.meta.url)(`${process.env.SHARED_TIME_SOURCES}/kubernetes/system-clock.js`);

/** What a process waits with for time and for what comes over a socket; whatever else it waits for happens without them. */
const AT_REST = ['PipeWrap', 'TCPServerWrap', 'TCPSocketWrap', 'TTYWrap', 'Timeout', 'SignalWrap'];

const sleepers = new Set();
const socket = connect({ host: '127.0.0.1', port: Number(process.env.SHARED_TIME_PORT) });
socket.setNoDelay().setEncoding('utf8');

let time;
await new Promise((resolve, reject) => {
  let rest = '';
  let isFirst = true;
  socket.once('error', reject);
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      time = Number(line);
      if (!isFirst) live();
      isFirst = false;
      resolve();
    }
  });
});
socket.removeAllListeners('error').on('error', () => process.exit(1));
// A process that waits for nothing may end.
socket.unref();
say({ ids: [process.pid, process.ppid] });

/** Whoever is due goes on, and what they do at once happens; then it is at rest. */
function live() {
  for (const sleeper of [...sleepers].filter(({ at }) => at <= time).sort((a, b) => a.at - b.at)) sleeper.wake();
  setImmediate(() =>
    setImmediate(() => say({ isStill: isStill(), due: Math.min(...[...sleepers].map(({ at }) => at)) })),
  );
}

let traffic = new Map();

/** Whether nothing but time is waited for, and no socket was opened and nothing came or went since the last time this was asked. */
function isStill() {
  const before = traffic;
  const sockets = process._getActiveHandles().filter((handle) => handle !== socket && 'bytesRead' in handle);
  traffic = new Map(sockets.map((each) => [each, each.bytesRead + (each.bytesWritten ?? 0)]));
  const isOver = [...traffic].every(([each, bytes]) => before.get(each) === bytes);
  return isOver && process.getActiveResourcesInfo().every((kind) => AT_REST.includes(kind));
}

function say(words) {
  socket.write(`${JSON.stringify(words)}\n`);
}

SystemClock.prototype.now = () => time;
SystemClock.prototype.sleep = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = () => {
      sleepers.delete(sleeper);
      signal?.removeEventListener('abort', aborted);
      if (sleepers.size === 0) socket.unref();
    };
    const aborted = () => {
      end();
      reject(signal.reason);
    };
    const sleeper = {
      at: time + ms,
      wake: () => {
        end();
        resolve();
      },
    };
    signal?.addEventListener('abort', aborted);
    sleepers.add(sleeper);
    socket.ref();
  });
