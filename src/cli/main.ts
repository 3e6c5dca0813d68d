#!/usr/bin/env node
import { processShell } from './process-shell';
import { runProgram } from './program';

// Until it is known better: a process that ends by itself before its command does has not done it.
process.exitCode = 1;
void runProgram(processShell('emqx-blue-green')).then((code) => {
  process.exitCode = code;
});
