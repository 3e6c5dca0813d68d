#!/usr/bin/env node
import { processShell } from './process-shell';
import { runProgram } from './program';

void runProgram(processShell('emqx-blue-green')).then((code) => {
  process.exitCode = code;
});
