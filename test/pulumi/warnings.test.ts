import { inputsOf } from '../../src/pulumi/inputs';
import { typeOf } from '../../src/pulumi/resource-types';
import { describedAs, EMQX, ENTERPRISE } from './_generations';
import type { Properties } from './_host';

const LICENSE = /^'license' \(missing\) .* a second node does not start .*; give one by licenseSecretName$/;

test.each<[string, typeof EMQX, string, Properties, boolean]>([
  ['5.8 needs none', EMQX, '5.8.9', {}, false],
  ['5.9 is for one node without one', EMQX, '5.9.1', {}, true],
  ['one that is given', EMQX, '6.2.0', { licenseSecretName: 'license' }, false],
  ['one in the configuration', EMQX, '6.2.0', { config: 'license.key = "file:///etc/l"' }, false],
  ['EMQX 4.4', ENTERPRISE, '4.4.14', {}, false],
])('a creation without a license warns where upgrades need one: %s', (_, generation, version, more, isWarned) => {
  const inputs = inputsOf({ ...describedAs(generation, version), ...more });
  expect(typeOf(inputs).warningsOf(inputs)).toEqual(isWarned ? [expect.stringMatching(LICENSE)] : []);
});
