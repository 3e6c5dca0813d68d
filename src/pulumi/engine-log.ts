import { createRequire } from 'node:module';
import path from 'node:path';
import { suspectEngine } from './engine-watch';

/** Severity of a line of the engine's log, as the engine numbers it. */
const SEVERITY = { info: 1, warning: 2 } as const;

/** gRPC's status code UNAVAILABLE. */
const UNAVAILABLE = 14;

/** How long the last lines may take to be accepted, ms. */
const CLOSE_MS = 1_000;

/** The used parts of the stubs in `@pulumi/pulumi`. */
interface LogRequest {
  setSeverity(severity: number): void;
  setMessage(message: string): void;
  setUrn(urn: string): void;
  setEphemeral(ephemeral: boolean): void;
}
interface EngineClient {
  log(request: LogRequest, answered: (error: { code?: number } | null) => void): void;
  close(): void;
}
interface Stubs {
  client: new (address: string, credentials: unknown) => EngineClient;
  request: new () => LogRequest;
  insecure: () => unknown;
}

/**
 * The log of the Pulumi engine: rows of a resource, and lines below them. The host of dynamic providers does not connect `pulumi.log`,
 * so the engine is called here, with the stubs of the same `@pulumi/pulumi` that runs the host.
 *
 * Without an engine, or without its stubs, nothing is logged, and nothing fails.
 */
export class EngineLog {
  private readonly client: EngineClient | undefined;
  private readonly stubs: Stubs | undefined;
  private readonly pending = new Set<Promise<void>>();

  /**
   * @param urn of the row; empty where it is unknown: then the lines belong to the whole operation
   * @param address of the engine. @default - what the host was started with
   */
  constructor(
    private readonly urn: string,
    address: string | undefined = process.argv[2],
  ) {
    this.stubs = address !== undefined && /:\d+$/.test(address) ? stubsOfTheHost() : undefined;
    this.client = this.stubs && new this.stubs.client(address!, this.stubs.insecure());
  }

  /** Shows a text in the row of the resource, until the next one. */
  show(text: string): void {
    this.send('info', text, this.urn, true);
  }

  /** Shows a text in the row of the stack, until the next one. */
  showInStack(text: string): void {
    this.send('info', text, '', true);
  }

  /** Adds a line that stays. */
  log(severity: keyof typeof SEVERITY, text: string): void {
    this.send(severity, text, this.urn, false);
  }

  /** Resolves when the engine has everything, or does not answer. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const unanswered = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([Promise.all(this.pending), unanswered]);
    clearTimeout(timer);
    this.client?.close();
  }

  private send(severity: keyof typeof SEVERITY, text: string, urn: string, ephemeral: boolean): void {
    if (!this.client || !this.stubs) return;
    const request = new this.stubs.request();
    request.setSeverity(SEVERITY[severity]);
    request.setMessage(text);
    request.setUrn(urn);
    request.setEphemeral(ephemeral);
    const { client } = this;
    const sent = new Promise<void>((resolve) => {
      client.log(request, (error) => {
        if (error?.code === UNAVAILABLE) suspectEngine();
        resolve();
      });
    });
    this.pending.add(sent);
    void sent.then(() => this.pending.delete(sent));
  }
}

function stubsOfTheHost(): Stubs | undefined {
  try {
    const need = createRequire(require.main?.filename ?? path.join(process.cwd(), 'program.js'));
    const { EngineClient } = need('@pulumi/pulumi/proto/engine_grpc_pb') as { EngineClient: Stubs['client'] };
    const { LogRequest } = need('@pulumi/pulumi/proto/engine_pb') as { LogRequest: Stubs['request'] };
    const ofPulumi = createRequire(need.resolve('@pulumi/pulumi/package.json'));
    const { credentials } = ofPulumi('@grpc/grpc-js') as { credentials: { createInsecure(): unknown } };
    return { client: EngineClient, request: LogRequest, insecure: () => credentials.createInsecure() };
  } catch {
    return undefined; // other versions may keep them elsewhere: an upgrade continues without a row
  }
}
