import { getEventListeners } from 'node:events';
import { AnySignal } from '../../src/upgrade/any-signal';

const listeners = (source: AbortSignal) => getEventListeners(source, 'abort').length;

describe('a signal that aborts with any of several', () => {
  test('aborts with the first, by its reason', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const { signal } = new AnySignal(one.signal, undefined, other.signal);
    expect(signal.aborted).toBe(false);
    other.abort('late');
    one.abort('later');
    expect(signal.reason).toBe('late');
  });

  test('has aborted at once where one of them has', () => {
    const other = new AbortController();
    expect(new AnySignal(other.signal, AbortSignal.abort('before')).signal.reason).toBe('before');
  });

  test('aborts no more once it is released, and others of the same source do', () => {
    const source = new AbortController();
    const [released, kept] = [new AnySignal(source.signal), new AnySignal(source.signal)];
    released.release();
    released.release();
    source.abort('over');
    expect([released.signal.aborted, kept.signal.reason]).toEqual([false, 'over']);
  });

  test('leaves nothing behind, and any number of them is one listener', () => {
    const source = new AbortController();
    const many = Array.from({ length: 100 }, () => new AnySignal(source.signal, new AbortController().signal));
    expect(listeners(source.signal)).toBe(1);
    for (const one of many) one.release();
    expect(listeners(source.signal)).toBe(0);
    const again = new AnySignal(source.signal);
    source.abort();
    expect(again.signal.aborted).toBe(true);
    again.release();
    expect(listeners(source.signal)).toBe(0);
  });
});
