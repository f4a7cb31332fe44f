import { describe, expect, test } from 'vitest';
import { mountsBelow, parseMountinfo } from '../../src/lab/mounts.ts';

const text = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
90 27 0:4 net:[4026532] /state/lab/demo/fabric rw shared:5 master:2 - nsfs nsfs rw
91 27 0:60 / /state/lab/demo/hosts/demo-w1/root rw,relatime - overlay kcluster-demo-w1 rw,lowerdir=/base
92 27 0:61 / /state/lab/demo2/hosts/x/root rw,relatime - overlay kcluster-x rw
93 91 0:62 /sub /state/lab/demo/with\\040space rw - tmpfs tmpfs rw
`;

describe('mountinfo', () => {
  test('gives target, type, root and options, also behind optional fields', () => {
    const mounts = parseMountinfo(text);
    expect(mounts).toHaveLength(5);
    expect(mounts[1]).toEqual({ root: 'net:[4026532]', target: '/state/lab/demo/fabric', type: 'nsfs', superOptions: ['rw'] });
    expect(mounts[2]?.superOptions).toEqual(['rw', 'lowerdir=/base']);
  });

  test('escaped characters are themselves again', () => {
    expect(parseMountinfo(text)[4]).toMatchObject({ root: '/sub', target: '/state/lab/demo/with space' });
  });

  test('an empty file holds no mount', () => {
    expect(parseMountinfo('')).toEqual([]);
  });
});

describe('mounts below a directory', () => {
  test('come last mounted first, and a neighbour with the same beginning is left alone', () => {
    expect(mountsBelow(parseMountinfo(text), '/state/lab/demo')).toEqual([
      '/state/lab/demo/with space',
      '/state/lab/demo/hosts/demo-w1/root',
      '/state/lab/demo/fabric',
    ]);
  });

  test('the directory itself counts', () => {
    expect(mountsBelow(parseMountinfo(text), '/state/lab/demo/fabric')).toEqual(['/state/lab/demo/fabric']);
  });
});
