import { ArtifactError } from '../errors.ts';
import type { Shelf } from './artifact-shelf.ts';

/** For what sends nothing. */
export const emptyShelf: Shelf = {
  binary: () => () => undefined,
  image: () => () => undefined,
  fileOf: (sha256) => {
    throw new ArtifactError(`no cached file has sha256 ${sha256}`);
  },
};
