import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const CLI = path.resolve(__dirname, '../src/cli');
const OUT = path.resolve(__dirname, '../dist/cli');

/** Is loaded by the sandbox alone, or brings a compiler along. */
const EXTERNAL = ['mqtt', 'cdk8s', 'cdk8s-plus-27', 'constructs'];

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/**
 * Packs the command line into few files, so that it starts quickly: one with the parser, which help and version need, and the
 * commands with what they share, each read when it is run.
 */
async function main(): Promise<void> {
  const commands = new Set<string>();
  await build({
    ...common,
    entryPoints: [path.join(CLI, 'main.ts')],
    outfile: path.join(OUT, 'main.js'),
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
  await build({
    ...common,
    entryPoints: [...commands].map((name) => path.join(CLI, `${name}.ts`)),
    outdir: path.join(OUT, 'commands'),
    format: 'esm',
    splitting: true,
    outExtension: { '.js': '.mjs' },
    external: EXTERNAL,
    // Some packages in it are of the other kind.
    banner: { js: `import{createRequire}from'node:module';const require=createRequire(import.meta.url);` },
  });
}

void main();
