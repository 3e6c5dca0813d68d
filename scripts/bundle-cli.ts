import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';

const CLI = path.resolve(__dirname, '../src/cli');
/** Where the build goes, unless another folder is given. */
const DIST = path.resolve(process.argv[2] ?? path.join(__dirname, '../dist'));
const OUT = path.join(DIST, 'cli');

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

/**
 * Packs the command line into few files, so that it starts quickly: one with the parser, which help and version need, and the
 * commands with what they share, each read when it is run. The parser is packed once more for each name by which kubectl calls it.
 */
async function main(): Promise<void> {
  const commands = new Set<string>();
  const parser = await build({
    ...common,
    entryPoints: ['main', 'kubectl-plugin', 'kubectl-complete', 'simulation-thread'].map((name) =>
      path.join(CLI, `${name}.ts`),
    ),
    outdir: OUT,
    format: 'cjs',
    plugins: [
      {
        name: 'commands apart',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\.\/.*\.js$/ }, ({ kind, path: imported }) => {
            if (kind !== 'dynamic-import') return undefined;
            const name = path.basename(imported, '.js');
            commands.add(name);
            return { path: `./commands/${name}.mjs`, external: true };
          }),
      },
    ],
  });
  const rest = await build({
    ...common,
    entryPoints: [...commands].map((name) => path.join(CLI, `${name}.ts`)),
    outdir: path.join(OUT, 'commands'),
    format: 'esm',
    splitting: true,
    outExtension: { '.js': '.mjs' },
    // Some packages in it are of the other kind.
    banner: { js: `import{createRequire}from'node:module';const require=createRequire(import.meta.url);` },
  });
  // The codec with what it needs: its dependencies bring types along that not every compiler of a user takes.
  const codec = await build({
    ...common,
    entryPoints: [path.join(CLI, '../emqx/mqtt-codec.ts')],
    outfile: path.join(DIST, 'emqx/mqtt-codec.js'),
    format: 'cjs',
  });
  writeFileSync(path.join(OUT, 'LICENSES.txt'), licensesOf([parser.metafile, rest.metafile, codec.metafile]));
}

/** The licenses of the packages in it: they ask to be kept with what is copied. */
function licensesOf(metafiles: readonly (Metafile | undefined)[]): string {
  const files = metafiles.flatMap((metafile) => Object.keys(metafile?.inputs ?? {}));
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Record<
      string,
      string
    >;
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file ? readFileSync(path.join(folder, file), 'utf8').trim() : 'no license file'}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

void main();
