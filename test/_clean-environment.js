const { AsyncLocalStorage } = require('node:async_hooks');
const { setTimeout: wait } = require('node:timers/promises');
const { TestEnvironment } = require('jest-environment-node');

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
    /** Each with where it was set. */
    this.timers = new Map();
    for (const name of ['setTimeout', 'setInterval']) this.watch(name);
    this.handles = new Set([...process._getActiveHandles(), process.stdin, process.stdout, process.stderr]);
    this.endStorages = watchStorages();
  }

  async teardown() {
    // A socket that was closed takes some turns of the event loop to go.
    for (let look = 0; this.left().length > 0 && look < LOOKS; look++) await wait(PAUSE_MS);
    const left = this.left();
    if (left.length > 0) this.end();
    this.endStorages();
    await super.teardown();
    if (left.length === 0) return;
    throw new Error(`the file leaves behind: ${left.join(', ')}; end what it starts, in afterEach or afterAll`);
  }

  /** From now on it is known which timers a file has set. */
  watch(name) {
    const set = this.global[name];
    const watched = (...args) => {
      const timer = set(...args);
      this.timers.set(timer, trace());
      return timer;
    };
    this.global[name] = Object.defineProperties(watched, Object.getOwnPropertyDescriptors(set));
  }

  /** In words; as the process knows it, which is more than the file's own modules have told. */
  left() {
    const timers = [...this.timers]
      .filter(([timer]) => !timer._destroyed)
      // A library that has let go of its timer (socks: for each connection) has seen to it that it harms nobody.
      .filter(([timer, at]) => timer.hasRef() || !isOfLibrary(at))
      .map(([{ _repeat: repeats }]) => (repeats ? 'Interval' : 'Timeout'));
    const counts = new Map();
    for (const name of [...timers, ...this.newHandles().map((handle) => handle.constructor.name)]) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, count]) => `${count} ${name}`);
  }

  /** What was left must not keep the run from ending. */
  end() {
    for (const timer of this.timers.keys()) clearTimeout(timer);
    for (const handle of this.newHandles()) handle.unref?.();
  }

  newHandles() {
    return process._getActiveHandles().filter((handle) => !this.handles.has(handle));
  }
}

/**
 * The runner of tests keeps a storage for each file (findings/jest-storage-of-each-file.sh), which every promise passes through until it is
 * disabled, those of all later files too.
 *
 * @returns disables the storages that are used from now on
 */
function watchStorages() {
  const used = new Set();
  const { run } = AsyncLocalStorage.prototype;
  AsyncLocalStorage.prototype.run = function (...args) {
    used.add(this);
    return run.apply(this, args);
  };
  return () => {
    AsyncLocalStorage.prototype.run = run;
    for (const storage of used) storage.disable();
  };
}

/** Where a timer is set, to be read only if it is left: text of a stack is made at the first look, and that takes long. */
function trace() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 3;
  const error = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

/** Whether a library sets a timer there. */
function isOfLibrary({ stack }) {
  return stack.split('\n')[3]?.includes('node_modules') ?? false;
}

module.exports = CleanEnvironment;
