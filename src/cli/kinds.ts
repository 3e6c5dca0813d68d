import type { EmqxResource } from '../resource';

/** The generations of EMQX by their number on the command line, and the kind of their resource. */
export const KIND_OF_GENERATION = { 4: 'EmqxEnterprise', 5: 'EMQX' } as const satisfies Record<
  number,
  EmqxResource['kind']
>;

/** A generation as it stands on the command line. */
export type GenerationWord = `${keyof typeof KIND_OF_GENERATION}`;

export const KINDS = Object.values(KIND_OF_GENERATION);

/** What kubectl calls a kind: the word before the slash of TYPE/NAME. */
const TYPES: Readonly<Record<EmqxResource['kind'], { word: string; pattern: RegExp }>> = {
  EmqxEnterprise: { word: 'emqxenterprise', pattern: /^emqxenterprises?(\.(v1beta4\.)?apps\.emqx\.io)?$/i },
  EMQX: { word: 'emqx', pattern: /^emqx(es)?(\.(v2beta1\.)?apps\.emqx\.io)?$/i },
};

/** The kind that kubectl means by a word; undefined for any other. */
export function kindOfType(type: string): EmqxResource['kind'] | undefined {
  return KINDS.find((kind) => TYPES[kind].pattern.test(type));
}

/** A cluster as TYPE/NAME, which no other cluster of its namespace has. */
export function typedName({ kind, metadata }: Pick<EmqxResource, 'kind' | 'metadata'>): string {
  return `${TYPES[kind].word}/${metadata.name}`;
}
