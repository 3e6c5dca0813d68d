/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/_clean-environment.js',
  globalSetup: '<rootDir>/test/_compiled-folder.ts',
  globalTeardown: '<rootDir>/test/_compiled-folder-end.ts',
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
    // These are ES modules, which this runner does not read; they bring the same as a script.
    '^(d3-[a-z-]+|internmap)$': '<rootDir>/node_modules/$1/dist/$1.js',
    // Modules that are loaded only when needed are named with the extension they have once compiled.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // In the context that a test runs in, each use of a global is a slow look-up: these are handed to every module instead. None may
  // be among them that a library declares anew at the top of a module, as some do with Buffer and Promise.
  sandboxInjectedGlobals: ['Array', 'JSON', 'Map', 'Math', 'Object', 'Set'],
  // No test is measured by the wall clock: this only ends a run that hangs.
  testTimeout: 45 * 60_000,
};
