import type { Duplex } from 'node:stream';

/** A port of a pod. */
export interface PodPort {
  namespace: string;
  pod: string;
  port: number;
}

/** Opens a connection to a port of the pod; the stream reports an error in the words of a kubelet. */
export type Dial = (port: number) => Duplex;
