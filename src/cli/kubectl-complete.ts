#!/usr/bin/env node
import { completions, FILES } from './completion';
import { processShell } from './process-shell';
import { define } from './program';

// kubectl asks it for completions of `kubectl emqx-blue-green`; the last line says whether files are completed (0) or not (4).
const shell = processShell('kubectl emqx-blue-green');
const text = completions(
  define(shell, () => undefined),
  shell.words,
);
shell.out.write(text === `${FILES}\n` ? ':0\n' : `${text}:4\n`);
