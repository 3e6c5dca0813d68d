const path = require('node:path');
const tseslint = require('typescript-eslint');

/** Biome formats and lints; ESLint runs only the rules that need types. */
module.exports = tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '**/*.js', '**/*.json'] },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: path.dirname(__dirname) },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'AbortSignal',
          property: 'any',
          message: 'Use AnySignal: findings/abort-signal-any-keeps-each-combination.sh',
        },
      ],
    },
  },
);
