import {
  editionOfImage,
  emqxChanges,
  emqxVersionOf,
  emqxWithVersion,
  imageWithVersion,
  versionOfImage,
  withEmqxDefaults,
} from '../../../src/resource';
import { emqx } from './_emqx';

test.each([
  ['emqx/emqx-enterprise:5.8.9', '5.8.9', 'enterprise'],
  ['emqx/emqx-enterprise:5.8.9-elixir', '5.8.9', 'enterprise'],
  ['emqx/emqx-enterprise:5.10.0-rc.1', '5.10.0-rc.1', 'enterprise'],
  ['emqx/emqx-enterprise:6.0.0-beta2', '6.0.0-beta.2', 'enterprise'],
  ['emqx/emqx-enterprise:e5.8.9', '5.8.9', 'enterprise'],
  ['emqx/emqx:5.8.9', '5.8.9', 'open-source'],
  ['emqx/emqx:5.9.0-rc.1', '5.9.0-rc.1', 'open-source'],
  ['emqx/emqx:5.9.0', '5.9.0', 'enterprise'],
  ['registry.example.com:5000/emqx:v6.2.0', '6.2.0', 'enterprise'],
  ['registry.example.com:5000/emqx', undefined, 'unknown'],
  ['our/broker:5.8.9', '5.8.9', 'unknown'],
  ['our/broker:6.2.0', '6.2.0', 'enterprise'],
  ['emqx/emqx-enterprise:5.8', undefined, 'enterprise'],
  ['emqx/emqx-enterprise:build-5.8.9', undefined, 'enterprise'],
])('%s is version %s, %s', (image, version, edition) => {
  expect([versionOfImage(image), editionOfImage(image)]).toEqual([version, edition]);
  expect(emqxVersionOf({ ...emqx(), spec: { image } })).toBe(version);
});

test.each([
  ['emqx/emqx-enterprise:5.8.9', '5.10.1', 'emqx/emqx-enterprise:5.10.1'],
  ['emqx/emqx-enterprise:5.8.9-elixir', '5.10.1', 'emqx/emqx-enterprise:5.10.1-elixir'],
  ['emqx/emqx-enterprise:5.10.0-rc.1', '5.10.0', 'emqx/emqx-enterprise:5.10.0'],
  ['localhost:5000/emqx:v5.9.1', '6.2.0', 'localhost:5000/emqx:v6.2.0'],
  ['emqx/emqx-enterprise:5.8.9@sha256:abc', '5.8.10', 'emqx/emqx-enterprise:5.8.10'],
  ['emqx/emqx-enterprise', '5.8.9', 'emqx/emqx-enterprise:5.8.9'],
])('%s in version %s is %s', (image, version, expected) => {
  expect(imageWithVersion(image, version)).toBe(expected);
});

test('another version is another image, and nothing else', () => {
  const before = withEmqxDefaults(emqx());
  const after = emqxWithVersion(emqx(), '5.10.1');
  expect(emqxVersionOf(after)).toBe('5.10.1');
  expect(emqxChanges(before, after).map(({ path }) => path)).toEqual(['spec.image']);
});
