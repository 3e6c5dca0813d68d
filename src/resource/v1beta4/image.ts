import { DEFAULT_REPOSITORY } from '../constants';

/** The parts of an image reference, as `spec.template.spec.emqxContainer.image` has them. */
export interface ImageParts {
  readonly registry?: string;
  /** @default "emqx/emqx-ee" */
  readonly repository?: string;
  readonly version: string;
  readonly prefix?: string;
  readonly suffix?: string;
}

/**
 * The image reference that the operator builds from the parts: `<registry>/<repository>:<prefix><version><suffix>`.
 *
 * @see EMQX Operator 2.2.29, `GetEmqxImage`
 */
export function imageOf(image: ImageParts): string {
  const { registry, repository = DEFAULT_REPOSITORY, prefix = '', version, suffix = '' } = image;
  return `${registry ? `${registry}/` : ''}${repository || DEFAULT_REPOSITORY}:${prefix}${version}${suffix}`;
}
