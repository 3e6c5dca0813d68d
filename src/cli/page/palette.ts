/** A colour by its meaning. Never the only sign: each line has a name beside it. */
export type Tone = 'blue' | 'green' | 'red' | 'amber' | 'muted';

/** Both themes: text has a contrast of at least 4.5 to 1 on both backgrounds of its theme, lines of 3 to 1. */
const LIGHT = {
  page: '#f4f6f8',
  card: '#ffffff',
  ink: '#1b2129',
  muted: '#56606c',
  rule: '#d9dfe5',
  band: '#eef3f9',
  blue: '#0b5fd0',
  green: '#157a35',
  red: '#b4232c',
  amber: '#8a5a00',
};
const DARK: typeof LIGHT = {
  page: '#0d1219',
  card: '#151c25',
  ink: '#e4eaf1',
  muted: '#a0acb9',
  rule: '#2c3743',
  band: '#1b2633',
  blue: '#62a8ff',
  green: '#4cc46b',
  red: '#ff8b84',
  amber: '#e0b04a',
};

const declared = (palette: typeof LIGHT) =>
  Object.entries(palette)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');

/** The colours as custom properties of `root`; dark where the reader prefers that, and light on paper. */
export function themes(root: string): string {
  return [
    `${root}{${declared(LIGHT)}}`,
    `@media screen and (prefers-color-scheme:dark){${root}{${declared(DARK)}}}`,
  ].join('\n');
}

/** What charts need, on a page and in a file of their own. */
export const CHART_STYLE = `
svg text{font:12px/1 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:var(--muted)}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .axis{stroke:var(--muted);stroke-width:1}
svg .band{fill:var(--band)}
svg .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}
svg .thin{stroke-width:1.25}
svg .dashed{stroke-dasharray:7 5}
svg .area{stroke:none;fill-opacity:.18}
svg .bar{fill-opacity:.75}
svg line.mark{stroke-width:1.5;stroke-dasharray:2 3}
svg text.mark{font-weight:700}
svg text.name{font-weight:600;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
${(['blue', 'green', 'red', 'amber', 'muted'] as const)
  .map(
    (tone) =>
      `svg .line.${tone},svg line.mark.${tone}{stroke:var(--${tone})}svg .fill.${tone},svg text.${tone},svg tspan.${tone}{fill:var(--${tone})}`,
  )
  .join('\n')}
svg .hit{fill:transparent}
svg .hit:hover{fill:var(--muted);fill-opacity:.14}
`.trim();
