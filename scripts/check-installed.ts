import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { valid } from 'semver';
import { anchorsIn, deadLinks } from './document-links';

/** What a fresh install may take on the disk, in bytes, whole blocks counted: the package with all that npm brings along, which is no Pulumi. */
const MOST_BYTES = 25 * 1024 * 1024;

/** Where this repository lies on the machine that built the package. */
const ROOT = path.resolve(__dirname, '..');

interface Manifest {
  name: string;
  version: string;
  license?: string;
  repository?: { url?: string };
  homepage?: string;
  bugs?: { url?: string };
  engines?: { node?: string };
  bin: Record<string, string>;
}

/**
 * Checks the package as it was installed from its tarball: what its page shows, that its documents lead only to what is in it, its
 * size, and that nothing of this machine is in it.
 *
 * usage: check-installed.ts NODE_MODULES
 */
function main(modules: string): void {
  const folder = path.join(modules, 'emqx-blue-green');
  const files = filesIn(folder);
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
  const documents = files.filter((file) => file.endsWith('.md'));
  const problems = [
    ...problemsOfManifest(manifest, folder),
    ...documents.flatMap((document) =>
      deadLinks(folder, document).map((link) => `${document} leads to ${link}, which is not in the package`),
    ),
    ...problemsOfReadme(readFileSync(path.join(folder, 'README.md'), 'utf8'), manifest),
    ...deadRunbooks(folder, manifest),
    ...files.flatMap((file) => placesIn(folder, file)),
  ];
  const bytes = filesIn(modules).reduce((sum, file) => sum + lstatSync(path.join(modules, file)).blocks * 512, 0);
  const mebibytes = (bytes / 1024 / 1024).toFixed(1);
  if (bytes > MOST_BYTES) problems.push(`installed it takes ${mebibytes} MiB, more than 25`);
  assert.deepEqual(problems, []);
  console.log(
    `${documents.length} documents lead only to what is in the package; with its dependencies it takes ${mebibytes} MiB`,
  );
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    lstatSync(path.join(folder, file)).isFile(),
  );
}

/** What npm shows of a package, and where it sends who has a question. */
function problemsOfManifest({ name, version, license, repository, homepage, bugs, bin }: Manifest, folder: string) {
  const [, project] = /^git\+(https:\/\/[^/]+\/[^/]+\/[^/]+)\.git$/.exec(repository?.url ?? '') ?? [];
  const isShown = existsSync(path.join(folder, 'CHANGELOG.md'));
  const programs = Object.entries(bin).filter(
    ([, file]) => !readFileSync(path.join(folder, file), 'utf8').startsWith('#!/usr/bin/env node\n'),
  );
  return [
    ...(project?.endsWith(`/${name}`) ? [] : [`repository.url: ${repository?.url}`]),
    ...(homepage === `${project}#readme` ? [] : [`homepage: ${homepage}`]),
    ...(bugs?.url === `${project}/issues` ? [] : [`bugs.url: ${bugs?.url}`]),
    ...(valid(version) ? [] : [`version: ${version}`]),
    ...(license === 'Apache-2.0' && existsSync(path.join(folder, 'LICENSE')) ? [] : [`license: ${license}`]),
    ...(isShown ? [] : ['there is no CHANGELOG.md']),
    ...programs.map(([program]) => `${program} is no program for Node`),
  ];
}

/** The first thing a reader does is to install it. */
function problemsOfReadme(text: string, { name, engines }: Manifest): string[] {
  const least = /\d+\.\d+/.exec(engines?.node ?? '')?.[0] ?? 'no version';
  const wanted = [`npx ${name} `, `npm install --global ${name}`, `npm install ${name} `, `Node ${least}`];
  return wanted.filter((words) => !text.includes(words)).map((words) => `README.md does not say "${words}"`);
}

/** Alerts lead to the runbooks in the package of their own version; the command line writes them without cdk8s. */
function deadRunbooks(folder: string, { name, version, bin }: Manifest): string[] {
  const program = path.join(folder, bin[name]!);
  const output = execFileSync(process.execPath, [program, 'manifest', 'monitoring', 'emqx-ee'], { encoding: 'utf8' });
  const urls = [...output.matchAll(/runbook_url: (\S+)/g)].map((match) => match[1]!);
  assert.ok(urls.length > 0);
  const known = anchorsIn(path.join(folder, 'docs/runbooks.md'));
  return urls.filter((url) => {
    const [page, anchor] = url.split('#') as [string, string];
    return !page.endsWith(`/${name}@${version}/docs/runbooks.md`) || !known.includes(anchor);
  });
}

/** Places of this machine that a file names. */
function placesIn(folder: string, file: string): string[] {
  const text = readFileSync(path.join(folder, file), 'latin1');
  return [ROOT, homedir()]
    .filter((place) => place.length > 1 && text.includes(`${place}/`))
    .map((place) => `${file} names ${place}`);
}

main(path.resolve(process.argv[2] ?? 'node_modules'));
