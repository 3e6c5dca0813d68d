import { AsyncLocalStorage } from 'node:async_hooks';
import CleanEnvironment from './_clean-environment';

/** The environment of a file of tests, as the runner opens and closes it. */
async function withEnvironment(use: () => Promise<void>): Promise<void> {
  const projectConfig = { globals: {}, testEnvironmentOptions: {}, fakeTimers: {}, rootDir: __dirname };
  const environment = new CleanEnvironment({ globalConfig: {}, projectConfig }, {});
  await environment.setup();
  await use();
  await environment.teardown();
}

test('a storage that a file has used is disabled with the file, so that no later promise passes through it', async () => {
  const { run } = AsyncLocalStorage.prototype;
  const storage = new AsyncLocalStorage<string>();
  const held = await storage.run('of the file', async () => {
    await withEnvironment(() => storage.run('of a test', () => Promise.resolve()));
    return storage.getStore();
  });
  expect(held).toBeUndefined();
  expect(AsyncLocalStorage.prototype.run).toBe(run);
});
