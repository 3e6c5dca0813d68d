import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type * as Library from '../../src';
import type { Manifest } from './_synth';

/** All constructs that use cdk8s-plus, rendered on the given package of it. */
function render(plus: string): Manifest[] {
  let manifests: Manifest[] = [];
  jest.isolateModules(() => {
    if (plus !== 'cdk8s-plus-27') jest.doMock('cdk8s-plus-27', () => jest.requireActual(plus));
    const { synth } = require('./_synth') as typeof import('./_synth');
    const { EmqxOperator, OperatorWebhook, UpgradeAccess, UpgradeRunner } = require('../../src') as typeof Library;
    manifests = synth((chart) => {
      new EmqxOperator(chart, 'Everywhere', { crds: false, tolerations: [{ operator: 'Exists' }] });
      new EmqxOperator(chart, 'Single', {
        crds: false,
        namespace: 'ops',
        watchNamespace: 'messaging',
        webhook: OperatorWebhook.none(),
      });
      new UpgradeAccess(chart, 'Access', { clusters: ['emqx-ee'] });
      new UpgradeRunner(chart, 'Runner', { image: 'runner:1', webhookSecret: 'hook', watchNamespaces: ['a', 'b'] });
    });
    jest.dontMock('cdk8s-plus-27');
  });
  return manifests;
}

/** Dotted paths of all leaves in which two values differ, with both. */
function differences(left: unknown, right: unknown, at = ''): string[] {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return Object.is(left, right) ? [] : [`${at}: ${left} → ${right}`];
  }
  const [a, b] = [left as Record<string, unknown>, right as Record<string, unknown>];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return keys.flatMap((key) => differences(a[key], b[key], at ? `${at}.${key}` : key));
}

test('on a later cdk8s-plus only two defaults are rendered that the API server would fill in alike', () => {
  const [before, after] = [render('cdk8s-plus-27'), render('cdk8s-plus-33')];
  expect(before.length).toBeGreaterThan(20);
  expect(after.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(
    before.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  );
  expect(before.flatMap((manifest, index) => differences(manifest, after[index], manifest.kind))).toEqual(
    Array(3)
      .fill([
        'Deployment.spec.revisionHistoryLimit: undefined → 10',
        'Deployment.spec.template.spec.shareProcessNamespace: undefined → false',
      ])
      .flat(),
  );
});

test('cdk8s-plus is loaded by one file', () => {
  const source = path.resolve(__dirname, '../../src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const loading = files.filter((file) => readFileSync(path.join(source, file), 'utf8').includes("from 'cdk8s-plus"));
  expect(loading).toEqual([path.join('constructs', '_plus.ts')]);
});
