import { Fixture } from './cluster-fixture';

const LIMIT = { each: () => ({ maxConnRate: 10 }) };

/** How many of 25 connections at one moment are answered at once, and after each of the next seconds. */
async function answers(version: string): Promise<{ kept: number; answered: number[] }> {
  const fixture = await Fixture.booted({ version, ...LIMIT });
  const node = fixture.node(0);
  let kept = 0;
  let count = 0;
  for (let each = 0; each < 25; each++) {
    if (!node.accepts()) continue;
    kept++;
    if (!node.answersLater(() => count++)) count++;
  }
  const answered = [count];
  for (let second = 0; second < 3; second++) {
    await fixture.clock.advance(1_000);
    answered.push(count);
  }
  return { kept, answered };
}

test.each(['4.4.14', '5.8.5'])('EMQX %s answers those that are too many in later seconds', async (version) => {
  expect(await answers(version)).toEqual({ kept: 25, answered: [10, 20, 25, 25] });
});

test.each(['5.8.6', '6.0.0'])('EMQX %s closes those that are too many', async (version) => {
  expect(await answers(version)).toEqual({ kept: 10, answered: [10, 10, 10, 10] });
});

test('what waits when the process ends is never answered', async () => {
  const fixture = await Fixture.booted(LIMIT);
  const node = fixture.node(0);
  let [answered, lost] = [0, 0];
  for (let each = 0; each < 25; each++)
    node.answersLater(
      () => answered++,
      () => lost++,
    );
  expect(node.acceptLimit.queued).toBe(15);
  node.kill();
  await fixture.clock.advance(5_000);
  expect({ answered, lost }).toEqual({ answered: 0, lost: 15 });
});
