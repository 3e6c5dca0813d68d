import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MUTATIONS } from '../../../scripts/mutations';
import { MUTATIONS_EMQX5 } from '../../../scripts/mutations-emqx5';

/** What became of them is told by `npm run simulate:mutations`, which takes minutes. */
test.each([...MUTATIONS, ...MUTATIONS_EMQX5])(
  'of a deliberate fault the text is in the engine, once: $name',
  ({ file, from }) => {
    const text = readFileSync(path.join(__dirname, '../../../src', file), 'utf8');
    expect(text.split(from)).toHaveLength(2);
  },
);
