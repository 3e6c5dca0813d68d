#!/usr/bin/env node
import { processShell } from './process-shell';
import { runProgram } from './program';

// kubectl calls it for `kubectl emqx-blue-green …`, by the name of its file on the PATH.
void runProgram(processShell('kubectl emqx-blue-green')).then((code) => {
  process.exitCode = code;
});
