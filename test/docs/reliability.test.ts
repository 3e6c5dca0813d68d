import { readFileSync } from 'node:fs';
import path from 'node:path';
import { INVARIANTS } from '../../src/simulator/faults/invariant';
import { FAULT_NAMES } from '../../src/simulator/faults/plan';

const TEXT = readFileSync(path.resolve(__dirname, '../../docs/reliability.md'), 'utf8');

describe('docs/reliability.md', () => {
  test('names every fault, and no other', () => {
    const [, table = ''] = /^\| what \| names \|\n([\s\S]*?)\n\n/m.exec(TEXT) ?? [];
    expect([...table.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name).sort()).toEqual([...FAULT_NAMES].sort());
  });

  test('explains every invariant', () => {
    const [, table = ''] = /^\| name \| holds when \|\n([\s\S]*?)\n\n/m.exec(TEXT) ?? [];
    const explained = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, names]) => names!.split(', '));
    expect(Object.keys(INVARIANTS).filter((name) => !explained.includes(name))).toEqual([]);
  });
});
