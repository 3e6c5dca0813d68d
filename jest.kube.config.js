/**
 * The tests that need a real API server. Without one they are skipped: `scripts/kube-lane.sh` starts it.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/test-kube/**/*.test.ts'],
  globalSetup: '<rootDir>/test-kube/_global-setup.ts',
};
