import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PICTURES, picturesOf, SIMULATED } from '../../scripts/pictures';
import type { ReportDocument } from '../../src/cli/page/document';
import { run } from '../cli/_shell';

const FOLDER = path.resolve(__dirname, '../..', PICTURES);
const AGAIN = 'npx tsx scripts/draw-pictures.ts';

test('the pictures of the documents are those of the simulated upgrade', async () => {
  const { out } = await run(SIMULATED);
  const drawn = picturesOf((JSON.parse(out) as { record: ReportDocument }).record);
  expect(readdirSync(FOLDER).sort()).toEqual([...drawn.keys()].sort());
  const stale = [...drawn].flatMap(([name, picture]) =>
    readFileSync(path.join(FOLDER, name), 'utf8') === picture ? [] : [`${name}: draw it again with ${AGAIN}`],
  );
  expect(stale).toEqual([]);
});

test.each(readdirSync(FOLDER))('%s needs no script and no network, and says what it shows', (name) => {
  const picture = readFileSync(path.join(FOLDER, name), 'utf8').replace('http://www.w3.org/2000/svg', '');
  expect(picture).not.toMatch(/<script|\son\w+=|https?:|@import|url\(/);
  expect(picture).toMatch(/<title id="t">.+<\/title><desc id="d">.+<\/desc>/);
});
