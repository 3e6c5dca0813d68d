/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
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
  testTimeout: 60_000,
};
