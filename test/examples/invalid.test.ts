import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ResourceError, readClusterManifest, readManifest } from '../../src/resource';
import { examples, run } from './_run';

const folder = path.join(examples, 'invalid');
/** Of EMQX 4.4, and in `v5/` of EMQX 5 and 6. */
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => path.extname(file) !== '')
  .sort();

/** The leading comment lines: what the file is refused with, a problem a line. */
function expectedLines(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const comment = /^(?:#|\/\/) (.*)$/.exec(line);
    if (!comment) break;
    lines.push(comment[1]!);
  }
  return lines;
}

/** Path, value, bound, reason, what to do. */
const COMPLETE = /^'[^']+' \(.+\) must be .+?: .+; .+$/;

describe('a bad manifest', () => {
  const manifests = files.filter((file) => file.endsWith('.yaml'));

  test.each(manifests)('%s is refused with the message of its first lines', (file) => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    let caught: unknown;
    try {
      const read = file.startsWith('v5') ? readClusterManifest : readManifest;
      read(text, file);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ResourceError);
    const { message, code } = caught as ResourceError;
    expect(code).toBe('INVALID_RESOURCE');
    const lines = message.split('\n').map((line) => {
      expect(line.startsWith(`${file}: `)).toBe(true);
      return line.slice(file.length + 2);
    });
    expect(lines).toEqual(expectedLines(text));
    for (const line of lines) expect(line).toMatch(COMPLETE);
    expect(message).not.toContain('do-not-print-me');
  });
});

describe('a bad program', () => {
  const programs = files.filter((file) => file.endsWith('.ts'));

  test.each(programs)('%s is refused with the message of its first lines, and writes nothing', (file) => {
    const { error, written } = run(path.join(folder, file));
    const [title, ...problems] = error?.message.split('\n') ?? [];
    expect(title).toBe('Validation failed with the following errors:');
    const lines = problems.map((line) => line.replace(/^ {2}\[[-\w]+\/Cluster\] /, ''));
    expect(lines).toEqual(expectedLines(readFileSync(path.join(folder, file), 'utf8')));
    for (const line of lines) expect(line).toMatch(COMPLETE);
    expect(error?.message).not.toContain('do-not-print-me');
    expect(written).toEqual({});
  });
});
