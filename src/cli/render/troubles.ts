import type { Trouble } from '../../upgrade';
import type { Canvas } from './style';
import { safe, wrap } from './text';

/** What a cluster is stuck in, each with what would be done about it, or with what to do by hand. */
export function renderTroubles(cluster: string, troubles: readonly Trouble[], { style, width }: Canvas): string {
  if (troubles.length === 0) return `${safe(cluster)}: ${style.green('nothing to rescue')}`;
  const lines = troubles.flatMap(({ id, found, cure, advice }) => [
    '',
    `${style.red('✗')} ${style.bold(id)}`,
    ...wrap(safe(found), width - 2).map((line) => `  ${line}`),
    ...wrap(cure ? `→ would ${safe(cure)}` : `→ no automatic repair: ${safe(advice ?? '')}`, width - 2).map(
      (line) => `  ${style.dim(line)}`,
    ),
  ]);
  return [style.bold(safe(cluster)), ...lines].join('\n');
}
