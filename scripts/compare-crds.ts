/**
 * Holds the custom resource definitions this project renders against EMQX Operator's own, and fails if they say different
 * things.
 *
 *     npx tsx scripts/compare-crds.ts [folder]
 *
 * The folder holds EMQX Operator 2.2.29's `config/crd/bases`; without one there is nothing to compare.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type CustomResourceDefinition, customResourceDefinitions } from '../src/resource/crd';
import { compare } from './crd-comparison';

const folder = path.resolve(process.argv[2] ?? path.join(__dirname, '../../shared/reference/crds-2.2.29'));

if (!existsSync(folder)) {
  console.log(`skipped: there is no ${folder}`);
} else {
  for (const ours of customResourceDefinitions()) {
    const { group, names } = ours.spec;
    const file = path.join(folder, `${group}_${names.plural}.yaml`);
    const theirs = parse(readFileSync(file, 'utf8')) as CustomResourceDefinition;
    const { paths, additions, differences, leftOut } = compare(ours, theirs);
    const without = leftOut.length > 0 ? ` (without ${leftOut.join(', ')})` : '';
    const counts = `${paths} paths, ${additions.length} additions, ${differences.length} differences`;
    console.log(`${names.plural}: ${counts}, ${JSON.stringify(ours).length} bytes${without}`);
    for (const addition of additions) console.log(`  + ${addition}`);
    for (const difference of differences) console.log(`  ≠ ${difference}`);
    if (additions.length > 0 || differences.length > 0) process.exitCode = 1;
  }
}
