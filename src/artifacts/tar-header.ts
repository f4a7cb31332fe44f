import { Header } from 'tar';

export const tarBlockBytes = 512;

export interface TarHeader {
  readonly path: string;
  readonly type: 'File' | 'Directory' | 'SymbolicLink';
  readonly mode: number;
  readonly sizeBytes: number;
  readonly linkpath?: string;
}

/** The block before an entry, owned by root and dated 1970, so that equal input gives equal bytes. @throws RangeError for a path that is too long */
export function encodeTarHeader({ path, type, mode, sizeBytes, linkpath }: TarHeader): Buffer {
  const block = Buffer.alloc(tarBlockBytes);
  const needsPax = new Header({
    path,
    type,
    mode,
    ...(linkpath === undefined ? {} : { linkpath }),
    size: sizeBytes,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
  }).encode(block);
  if (needsPax) throw new RangeError(`${path} does not fit a plain tar header`);
  return block;
}

/** Zeros between the end of an entry and the next block. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((tarBlockBytes - (sizeBytes % tarBlockBytes)) % tarBlockBytes);
}
