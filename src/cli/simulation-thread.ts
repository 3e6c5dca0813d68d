import { parentPort, workerData } from 'node:worker_threads';

// A thread for one simulation, which is its data; see `Simulations`.
void import('./simulations.js').then(({ playInThread }) =>
  playInThread(workerData, (told) => parentPort?.postMessage(told)),
);
