import { withNotice } from '../../src/cli/notice';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { written, err: { isTTY, columns: 30, write: (text: string) => written.push(text) } };
}

test('a person is told what is waited for, and nothing is left of it', async () => {
  const { written, err } = terminal(true);
  const result = await withNotice({ err }, 'text', 'reading a/b', async () => {
    expect(written).toEqual(['\rreading a/b …\u001b[K']);
    return 7;
  });
  expect({ result, written: written.slice(1) }).toEqual({ result: 7, written: ['\r\u001b[K'] });
});

test('it is taken away also where it ends with an error', async () => {
  const { written, err } = terminal(true);
  const failing = withNotice({ err }, 'text', 'reading a/b', () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(written.at(-1)).toBe('\r\u001b[K');
});

test('it is never longer than a line, and says nothing that a terminal would obey', async () => {
  const { written, err } = terminal(true);
  await withNotice({ err }, 'text', `reading \u001b[2J${'x'.repeat(100)}`, async () => undefined);
  expect(written[0]).toBe('\rreading \\u{1b}[2Jxxxxxxxxxxx…\u001b[K');
});

test.each([
  ['where a program reads', true, 'json'],
  ['in a log', false, 'text'],
] as const)('%s nothing is said', async (_, isTTY, output) => {
  const { written, err } = terminal(isTTY);
  await withNotice({ err }, output, 'reading a/b', async () => undefined);
  expect(written).toEqual([]);
});
