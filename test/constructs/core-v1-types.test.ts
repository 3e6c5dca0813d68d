import { readFileSync } from 'node:fs';
import { coreV1Types } from '../../scripts/core-v1-types';

test.each([...coreV1Types()])('%s is what the schema makes of it', (file, text) => {
  expect(readFileSync(file, 'utf8')).toBe(text);
});
