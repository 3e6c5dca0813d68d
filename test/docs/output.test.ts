import { hasForm } from './_output';

test('output has the form of what is shown but for times, numbers, hashes and gaps', () => {
  const output = 'emqx-ee-7f79674698   3/3   9m31s\nsecond\nEMQX 4.4.15\n';
  expect(hasForm('about 1 min 05 s left, 3 left', 'about 850 ms left, 200 left')).toBe(true);
  expect(hasForm(output, 'emqx-ee-74967c7597 2/3 4s\nsecond\nEMQX 4.4.15\n')).toBe(true);
  expect(hasForm(output, '…\nEMQX 4.4.15\n')).toBe(true);
  expect(hasForm(output, 'emqx-ee-7f79674698 3/3 4s\n…\n')).toBe(true);
  expect(hasForm(output, '…\nEMQX 4.4.14\n')).toBe(false);
  expect(hasForm(output, 'emqx-ee-7f79674698 3/3 4s\nEMQX 4.4.15\n')).toBe(false);
  expect(hasForm(output, 'second\n…\n')).toBe(false);
});

test('of a picture the plot and its bars may differ, and nothing else', () => {
  const picture = 'blue 733 of 1,500\n2,000 ┤⣀⣀\n      ┤  ⠉⠑ blue\n├─ blue  ██████░░░░ 733\n';
  expect(hasForm(picture, 'blue 5 of 300\n  300 ┤\n      ┤⣀⣀\n├─ blue  █░░ 5\n')).toBe(true);
  expect(hasForm(picture, 'blue 5 of 300\n  300 ┤\n├─ blue  █░░ 5\n')).toBe(false);
  expect(hasForm(picture, 'blue 5 of 300\n  300 ┤\n      ┤⣀⣀\n├─ green █░░ 5\n')).toBe(false);
});
