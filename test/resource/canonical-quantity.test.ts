import fc from 'fast-check';
import { canonicalQuantity } from '../../src/resource/canonical-quantity';

test.each<[unknown, unknown]>([
  ['0', '0'],
  ['0Gi', '0'],
  ['-0', '0'],
  [1, '1'],
  [0.5, '500m'],
  ['0.5', '500m'],
  ['.5', '500m'],
  ['5.', '5'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['2000m', '2'],
  ['1000', '1k'],
  ['1024', '1024'],
  ['1000M', '1G'],
  ['0.0000000001', '1n'],
  ['-1500m', '-1500m'],
  ['+2', '2'],
  ['1Ki', '1Ki'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['0.9765625Ki', '1k'],
  ['1000Ki', '1000Ki'],
  ['1.0001Ki', '1024102400u'],
  ['1e3', '1e3'],
  ['many', 'many'],
  ['', ''],
  [undefined, undefined],
])('%p is written %p', (given, written) => {
  expect(canonicalQuantity(given)).toBe(written);
});

test('what is canonical stays', () => {
  const unit = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi');
  fc.assert(
    fc.property(fc.nat(1_000_000), unit, (amount, suffix) => {
      const once = canonicalQuantity(`${amount}${suffix}`);
      expect(canonicalQuantity(once)).toBe(once);
    }),
  );
});
