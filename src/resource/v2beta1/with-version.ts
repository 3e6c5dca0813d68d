import { withEmqxDefaults } from './defaults';
import type { Emqx } from './emqx';
import { imageWithVersion } from './image';

/** The same resource, complete, with another version of EMQX. */
export function emqxWithVersion(resource: Emqx, version: string): Emqx {
  const next = withEmqxDefaults(resource);
  next.spec.image = imageWithVersion(next.spec.image, version);
  return next;
}
