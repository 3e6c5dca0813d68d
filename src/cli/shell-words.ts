import type { LinkFlags, Shell } from './shell';

/** Words quoted so that a shell reads them as these words. */
export function shellWords(...words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word))).join(' ');
}

/** The command line of another command on the same cluster, with the options that reach it. */
export function commandOn(
  { name: program }: Pick<Shell, 'name'>,
  word: string,
  { namespace, word: cluster }: { namespace: string; word: string },
  { kubeconfig, context, emqxUrl, requestTimeout, as, asGroup = [], asUid }: LinkFlags,
): string {
  const way = { kubeconfig, context, 'emqx-url': emqxUrl, 'request-timeout': requestTimeout, as, 'as-uid': asUid };
  const options = [
    ...Object.entries(way).flatMap(([option, value]) => (value === undefined ? [] : [`--${option}`, value])),
    ...asGroup.flatMap((group) => ['--as-group', group]),
  ];
  return `${program} ${shellWords(word, cluster, '-n', namespace, ...options)}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
