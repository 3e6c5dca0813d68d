const { setTimeout: wait } = require('node:timers/promises');
const { TestEnvironment } = require('jest-environment-node');

/** What keeps a process alive and is not the test runner's own, as Node calls it. */
const WATCHED = new Set(['Timeout', 'TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'ProcessWrap', 'Worker']);

/** How often it is looked whether something that ends is gone, and the pause between two looks in ms. */
const LOOKS = 150;
const PAUSE_MS = 20;

/**
 * Fails a file of tests that leaves a timer, a socket, a server or a process behind: it would go off in the middle of another file, or
 * after the last one, and take the whole run down.
 */
class CleanEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.before = resources();
  }

  async teardown() {
    let left = leftOf(this.before);
    // A socket that was closed takes some turns of the event loop to go.
    for (let look = 0; left.length > 0 && look < LOOKS; look++) {
      await wait(PAUSE_MS);
      left = leftOf(this.before);
    }
    await super.teardown();
    if (left.length > 0)
      throw new Error(`the file leaves behind: ${left.join(', ')}; end what it starts, in afterEach or afterAll`);
  }
}

function resources() {
  const counts = new Map();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function leftOf(before) {
  return [...resources()].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0);
    return WATCHED.has(name) && more > 0 ? [`${more} ${name}`] : [];
  });
}

module.exports = CleanEnvironment;
