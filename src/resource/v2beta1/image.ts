import semver from 'semver';
import type { Emqx } from './emqx';

/** `enterprise` can evacuate a node; `open-source` cannot; `unknown` where the name of the image does not say which it is. */
export type Edition = 'enterprise' | 'open-source' | 'unknown';

/** From this version on EMQX has one edition, with everything in it, whose built-in license allows one node. @see EMQX 5.9.0, release notes */
export const ONE_EDITION = '5.9.0';

/** The repository and tag of an image reference such as `emqx/emqx-enterprise:5.8.9`; without tag if it has none. */
export function partsOfImage(image: string): { readonly repository: string; readonly tag?: string } {
  const [named = ''] = image.split('@', 1); // without a digest
  const colon = named.lastIndexOf(':');
  // A colon before the last slash is that of a registry's port.
  if (colon < 0 || named.indexOf('/', colon) >= 0) return { repository: named };
  return { repository: named.slice(0, colon), tag: named.slice(colon + 1) };
}

/** The EMQX version that an image's tag names: `5.8.9` of `5.8.9-elixir`; undefined where it names none in full. */
export function versionOfImage(image: string): string | undefined {
  const { tag = '' } = partsOfImage(image);
  const [, version] = /^[ev]?(\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)[.-]?\d+)?)(?:[-_.+]|$)/.exec(tag) ?? [];
  if (version === undefined) return undefined;
  const written = version.replace(/-(alpha|beta|rc)-?(?=\d)/, '-$1.');
  return semver.parse(written)?.version;
}

/** The EMQX version that a resource asks for; undefined where the tag of its image names none in full. */
export function emqxVersionOf(resource: Emqx): string | undefined {
  return versionOfImage(resource.spec.image);
}

/**
 * The edition of an image, by its name and version.
 *
 * @see EMQX, `rebar.config.erl` of 5.8.9: the community build of up to 5.8 is without the applications that evacuate nodes
 */
export function editionOfImage(image: string): Edition {
  const version = versionOfImage(image);
  if (version !== undefined && semver.gte(version, ONE_EDITION)) return 'enterprise';
  const name = partsOfImage(image).repository.split('/').at(-1);
  if (name === 'emqx-enterprise') return 'enterprise';
  return name === 'emqx' && version !== undefined ? 'open-source' : 'unknown';
}

/** The same image with another version, and everything else in the tag kept; a digest is dropped, as it names the old one. */
export function imageWithVersion(image: string, version: string): string {
  const { repository, tag } = partsOfImage(image);
  const old = tag === undefined ? undefined : /\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)[.-]?\d+)?/.exec(tag)?.[0];
  return `${repository}:${tag === undefined || old === undefined ? version : tag.replace(old, version)}`;
}
