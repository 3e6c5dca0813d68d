import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { EngineService } from '@pulumi/pulumi/proto/engine_grpc_pb';
import type { LogRequest } from '@pulumi/pulumi/proto/engine_pb';
import { ResourceProviderClient } from '@pulumi/pulumi/proto/provider_grpc_pb';
import * as messages from '@pulumi/pulumi/proto/provider_pb';
import { Status } from '@pulumi/pulumi/proto/status_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { PROVIDER_TEXT } from '../../src/pulumi/provider-text';
import { compiledSources } from '../_compiled';
import type { SharedTime } from '../_shared-time';

const ROOT = path.resolve(__dirname, '../..');

export type Properties = Record<string, unknown>;

/** A line of the engine's log. */
export interface Line {
  text: string;
  urn: string;
  /** Shown in the row of the resource only, until the next one. */
  isRow: boolean;
  isWarning: boolean;
}

/** An operation was begun and did not come to its end: what the engine is told of it. */
export class PartialFailure extends Error {
  constructor(
    message: string,
    readonly id: string,
    readonly properties: Properties,
    readonly reasons: string[],
  ) {
    super(message);
  }
}

/**
 * Pulumi's own host of dynamic providers, as a process in a program's folder, and the engine's side of its protocol: that is all of
 * Pulumi between its engine and this project.
 */
export class ProviderHost {
  readonly lines: Line[] = [];
  /** What the process has printed, on either output. */
  printed = '';
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly folder: string,
    private readonly engine: grpc.Server,
    private readonly child: ChildProcess,
    private readonly client: ResourceProviderClient,
    private readonly ended: Promise<unknown>,
  ) {}

  /** @param time that it lives by. @default - the machine's */
  static async start(time?: SharedTime, env: NodeJS.ProcessEnv = {}): Promise<ProviderHost> {
    const folder = programFolder();
    const engine = new grpc.Server();
    let host: ProviderHost | undefined;
    engine.addService(EngineService, {
      log: (call: grpc.ServerUnaryCall<LogRequest, Empty>, answer: grpc.sendUnaryData<Empty>) => {
        host?.heard(call.request);
        answer(null, new Empty());
      },
      getRootResource: unimplemented,
      setRootResource: unimplemented,
      startDebugging: unimplemented,
      requirePulumiVersion: unimplemented,
    } as unknown as grpc.UntypedServiceImplementation);
    const enginePort = await new Promise<number>((resolve, reject) => {
      engine.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    const script = path.join(ROOT, 'node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js');
    const args = [...(time?.nodeArguments ?? []), script, `127.0.0.1:${enginePort}`];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, EMQX_BLUE_GREEN_PROGRESS: 'live', ...time?.environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    let printed = '';
    const port = await new Promise<number>((resolve, reject) => {
      const read = (text: Buffer) => {
        printed += String(text);
        if (host) host.printed += String(text);
        const line = /^(\d+)\n/.exec(printed);
        if (line) resolve(Number(line[1]));
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      void ended.then(() => reject(new Error(`the host has ended: ${printed}`)));
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    host = new ProviderHost(folder, engine, child, client, ended);
    const request = new messages.ConfigureRequest();
    request.setArgs(Struct.fromJavaScript({}));
    await host.call('configure', request);
    return host;
  }

  async check(news: Properties, olds: Properties = {}) {
    const request = new messages.CheckRequest();
    request.setOlds(struct(olds));
    request.setNews(struct({ ...news, __provider: PROVIDER_TEXT }));
    const response = await this.call<messages.CheckResponse>('check', request);
    const failures = response
      .getFailuresList()
      .map((one) => ({ property: one.getProperty(), reason: one.getReason() }));
    return { inputs: plain(response.getInputs()), failures };
  }

  async diff(id: string, olds: Properties, news: Properties) {
    const request = new messages.DiffRequest();
    request.setId(id);
    request.setOlds(struct(olds));
    request.setNews(struct({ ...news, __provider: PROVIDER_TEXT }));
    const response = await this.call<messages.DiffResponse>('diff', request);
    return {
      changes: response.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
    };
  }

  async create(news: Properties) {
    const request = new messages.CreateRequest();
    request.setProperties(struct({ ...news, __provider: PROVIDER_TEXT }));
    const response = await this.call<messages.CreateResponse>('create', request);
    return { id: response.getId(), outputs: plain(response.getProperties()) };
  }

  async update(id: string, olds: Properties, news: Properties): Promise<Properties> {
    const request = new messages.UpdateRequest();
    request.setId(id);
    request.setOlds(struct(olds));
    request.setNews(struct({ ...news, __provider: PROVIDER_TEXT }));
    return plain((await this.call<messages.UpdateResponse>('update', request)).getProperties());
  }

  async read(id: string, state: Properties) {
    const request = new messages.ReadRequest();
    request.setId(id);
    request.setProperties(struct({ ...state, __provider: PROVIDER_TEXT }));
    const response = await this.call<messages.ReadResponse>('read', request);
    return { id: response.getId(), outputs: plain(response.getProperties()), inputs: plain(response.getInputs()) };
  }

  async delete(id: string, state: Properties): Promise<void> {
    const request = new messages.DeleteRequest();
    request.setId(id);
    request.setProperties(struct(state));
    await this.call('delete', request);
  }

  /** What the engine sends at the first Ctrl-C. */
  async cancel(): Promise<void> {
    await this.call('cancel', new Empty());
  }

  /** Resolves with the first line that is so, from now on or before. */
  async said(so: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const line = this.lines.find(so);
      if (line) return line;
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** What the row of the resource has shown, in order. */
  rows(): string[] {
    return this.lines.filter(({ isRow, urn }) => isRow && urn !== '').map(({ text }) => text);
  }

  /** Sends a signal to the process of the host. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** The engine is killed: it answers nothing any more, and the host lives on. */
  loseEngine(): void {
    this.engine.forceShutdown();
  }

  /** Resolves when the process has ended by itself. */
  async end(): Promise<void> {
    await this.ended;
  }

  async stop(): Promise<void> {
    this.client.close();
    this.engine.forceShutdown();
    this.child.kill('SIGKILL');
    await this.ended;
    rmSync(this.folder, { recursive: true });
  }

  private heard(request: LogRequest): void {
    this.lines.push({
      text: request.getMessage(),
      urn: request.getUrn(),
      isRow: request.getEphemeral(),
      isWarning: request.getSeverity() === 2,
    });
    for (const resume of this.waiting) resume();
    this.waiting.clear();
  }

  private call<T>(method: string, request: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const methods = this.client as unknown as Record<
        string,
        (request: unknown, answered: (error: grpc.ServiceError | null, response: T) => void) => void
      >;
      methods[method]!.call(this.client, request, (error, response) =>
        error ? reject(failureOf(error)) : resolve(response),
      );
    });
  }
}

function unimplemented(_call: unknown, answer: grpc.sendUnaryData<Empty>): void {
  answer({ code: grpc.status.UNIMPLEMENTED, details: 'not needed here' });
}

/** A program's folder in which the library is installed: its compiled sources. */
export function programFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pulumi-'));
  const library = path.join(folder, 'node_modules/emqx-blue-green');
  mkdirSync(path.join(library, 'pulumi'), { recursive: true });
  mkdirSync(path.join(folder, 'node_modules/@pulumi'));
  symlinkSync(path.join(ROOT, 'node_modules/@pulumi/pulumi'), path.join(folder, 'node_modules/@pulumi/pulumi'));
  for (const part of ['index', 'runtime']) {
    const source = JSON.stringify(path.join(compiledSources(), `pulumi/${part}.js`));
    writeFileSync(path.join(library, `pulumi/${part}.js`), `module.exports = require(${source});\n`);
  }
  return folder;
}

function failureOf(error: grpc.ServiceError): Error {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!bytes) return new Error(error.details);
  const detail = Status.deserializeBinary(bytes as Buffer).getDetailsList()[0]!;
  const failed = messages.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  return new PartialFailure(error.details, failed.getId(), plain(failed.getProperties()), failed.getReasonsList());
}

function struct(properties: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)));
}

function plain(properties: Struct | undefined): Properties {
  return (properties?.toJavaScript() ?? {}) as Properties;
}
