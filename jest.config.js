/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/_clean-environment.js',
  testSequencer: '<rootDir>/test/_longest-first.js',
  // Many files wait for other processes most of their time.
  maxWorkers: '100%',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  moduleNameMapper: {
    '^emqx-blue-green$': '<rootDir>/src/index.ts',
    '^emqx-blue-green/pulumi$': '<rootDir>/src/pulumi/index.ts',
    '^@kubernetes/client-node$': '<rootDir>/test/kubernetes/_client-node.js',
    // Modules that are loaded only when needed are named with the extension they have once compiled.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // No test is measured by the wall clock: this only ends a run that hangs.
  testTimeout: 45 * 60_000,
};
