import { Screen } from '../../src/cli/screen';

const UP_2 = '\u001b[2A\r';
const CLEAR = '\u001b[K';

function terminal() {
  const written: string[] = [];
  const screen = new Screen({ write: (text) => written.push(text), columns: 100, rows: 30 });
  return { screen, written };
}

test('a frame is drawn over the one before it, each line cleared to its end', () => {
  const { screen, written } = terminal();
  screen.draw('one\ntwo');
  screen.draw('three\nfour');
  expect(written).toEqual([`one${CLEAR}\ntwo${CLEAR}\n`, `${UP_2}three${CLEAR}\nfour${CLEAR}\n`]);
});

describe('a picture drawn over one that was drawn for another width', () => {
  /** Draws three lines of 100, 40 and no columns, the first of them coloured, and then another picture at this width. */
  function redrawnAt(columns: number): string {
    const written: string[] = [];
    const terminal = { write: (text: string) => written.push(text), columns: 100, rows: 30 };
    const screen = new Screen(terminal);
    screen.draw(`\u001b[1m${'x'.repeat(100)}\u001b[22m\n${'y'.repeat(40)}\n`);
    terminal.columns = columns;
    screen.draw('new');
    return written[1]!;
  }

  test('begins where the terminal has broken the old lines, and leaves nothing below', () => {
    expect(redrawnAt(30)).toBe(`\u001b[7A\r\u001b[Jnew${CLEAR}\n`);
    expect(redrawnAt(60)).toBe(`\u001b[4A\r\u001b[Jnew${CLEAR}\n`);
  });

  test('of a wider terminal has as many lines as before', () => {
    expect(redrawnAt(120)).toBe(`\u001b[3A\r\u001b[Jnew${CLEAR}\n`);
  });
});

test('text goes above the frame, which is drawn again below it', () => {
  const { screen, written } = terminal();
  screen.draw('one\ntwo');
  screen.print('news');
  expect(written.slice(1)).toEqual([`${UP_2}\u001b[Jnews\n`, `one${CLEAR}\ntwo${CLEAR}\n`]);
});

test('after leaving, nothing is drawn over', () => {
  const { screen, written } = terminal();
  screen.draw('one');
  screen.leave();
  screen.print('report');
  expect(written.at(-1)).toBe('\u001b[Jreport\n');
});

test('a terminal that does not know its size is taken for one of 80 columns and 24 lines', () => {
  const screen = new Screen({ write: () => true, columns: 0, rows: 0 });
  expect([screen.width, screen.height]).toEqual([80, 23]);
});

test('a frame has at most 24 lines, and one line less than the terminal', () => {
  expect(terminal().screen.height).toBe(24);
  expect(new Screen({ write: () => true, rows: 10 }).height).toBe(9);
});
