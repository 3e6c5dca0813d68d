import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const examples = path.resolve(__dirname, '../../examples');

export interface Run {
  /** What the program threw, if it did. */
  readonly error?: Error;
  /** The files it wrote, by name. */
  readonly written: Readonly<Record<string, string>>;
}

/** Runs a cdk8s program in this process, into an empty directory. */
export function run(program: string): Run {
  const outdir = mkdtempSync(path.join(os.tmpdir(), 'emqx-synth-'));
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = outdir;
  let error: Error | undefined;
  try {
    jest.isolateModules(() => require(program));
  } catch (caught) {
    error = caught as Error;
  } finally {
    if (before === undefined) delete process.env.CDK8S_OUTDIR;
    else process.env.CDK8S_OUTDIR = before;
  }
  const written = Object.fromEntries(
    readdirSync(outdir).map((name) => [name, readFileSync(path.join(outdir, name), 'utf8')]),
  );
  rmSync(outdir, { recursive: true });
  return { ...(error && { error }), written };
}
