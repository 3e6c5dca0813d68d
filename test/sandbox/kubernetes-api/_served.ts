import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type KubeClient } from '../../../src/kubernetes/client';
import {
  type KubernetesApiOptions,
  KubernetesApiServer,
} from '../../../src/sandbox/kubernetes-api/kubernetes-api-server';
import { SimulatedClock } from '../../../src/simulator/clock';
import { ObjectStore } from '../../../src/simulator/kubernetes/object-store';
import { Random } from '../../../src/simulator/random';
import { Cleanup } from '../test-world';

/** A Kubernetes API over a store in which nothing else is at work, and a client of it. */
export interface Served {
  store: ObjectStore;
  server: KubernetesApiServer;
  /** Path of a kubeconfig. */
  kubeconfig: string;
  client: KubeClient;
}

/** Ends after each test what it has started. */
export const cleanup = new Cleanup();

export async function served(options: Partial<KubernetesApiOptions> = {}): Promise<Served> {
  const clock = new SimulatedClock();
  const store = options.store ?? new ObjectStore(clock, new Random(1));
  const server = new KubernetesApiServer({ store, loopbackPortOf: () => undefined, ...options });
  cleanup.add(() => server.stop());
  await server.start();
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-'));
  cleanup.add(() => rmSync(folder, { recursive: true }));
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, server.kubeconfig());
  const client = await connect({ kubeconfig });
  cleanup.add(() => client.close());
  return { store, server, kubeconfig, client };
}
