/**
 * The tests that need a real API server. Without one they are skipped: `scripts/kube-lane.sh` starts it.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test-kube/**/*.test.ts'],
  // One control plane serves all of them, and some tests stop it.
  maxWorkers: 1,
  // Tests that wait for most of their time wait together.
  maxConcurrency: 16,
  globalSetup: '<rootDir>/test-kube/_global-setup.ts',
};
