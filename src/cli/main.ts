#!/usr/bin/env node
import { processShell } from './process-shell';
import { runProgram } from './program';

void runProgram(processShell()).then((code) => {
  process.exitCode = code;
});
