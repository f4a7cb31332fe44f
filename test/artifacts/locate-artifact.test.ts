import { describe, expect, test } from 'vitest';
import { fillTemplate } from '../../src/artifacts/fill-template.ts';
import { judgeSupply } from '../../src/artifacts/judge-supply.ts';
import { formatLocation, locateArtifact } from '../../src/artifacts/locate-artifact.ts';
import { imageMirrorPath, mirrorPath } from '../../src/artifacts/mirror-path.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { fileArtifact, imageArtifact, mirrorPaths } from './sample.ts';

describe('a file', () => {
  test.each([
    ['upstream', undefined, fileArtifact.url, fileArtifact.checksum.url],
    [
      'a URL',
      'https://mirror.example/k8s',
      `https://mirror.example/k8s/${mirrorPaths.file}`,
      `https://mirror.example/k8s/${mirrorPaths.fileChecksum}`,
    ],
    [
      'a URL with a slash',
      'http://mirror.example/',
      `http://mirror.example/${mirrorPaths.file}`,
      `http://mirror.example/${mirrorPaths.fileChecksum}`,
    ],
    ['a directory', '/srv/mirror', `/srv/mirror/${mirrorPaths.file}`, `/srv/mirror/${mirrorPaths.fileChecksum}`],
    ['a file URL', 'file:///srv/my%20mirror', `/srv/my mirror/${mirrorPaths.file}`, `/srv/my mirror/${mirrorPaths.fileChecksum}`],
  ])('in %s', (_, mirror, content, checksum) => {
    const location = locateArtifact(fileArtifact, mirror);
    expect([location.content, location.checksum].map(formatLocation)).toEqual([content, checksum]);
  });

  test.each(['mirror', './mirror', 'ftp://mirror.example'])('not in %s', (mirror) => {
    expect(() => locateArtifact(fileArtifact, mirror)).toThrow(ConfigurationError);
  });
});

test('an image is an archive in the mirror', () => {
  expect(formatLocation(locateArtifact(imageArtifact, '/srv').content)).toBe(`/srv/${mirrorPaths.image}`);
  expect(() => locateArtifact(imageArtifact, undefined)).toThrow(RangeError);
});

test.each([
  ['registry.k8s.io/coredns/coredns:v1.14.7', 'images/registry.k8s.io/coredns/coredns_v1.14.7_amd64.tar'],
  ['localhost:5000/pause:3.10', 'images/localhost:5000/pause_3.10_amd64.tar'],
])('the path of %s', (reference, path) => {
  expect(imageMirrorPath(reference, 'amd64')).toBe(path);
});

test('the mirror`s layout is upstream`s', () => {
  expect(mirrorPath('https://dl.k8s.io/release/v1.37.1/bin/linux/amd64/kubelet')).toBe('dl.k8s.io/release/v1.37.1/bin/linux/amd64/kubelet');
});

test('a template without a value is a mistake in the catalogue', () => {
  expect(fillTemplate('{url}.sha256', { url: 'x' })).toBe('x.sha256');
  expect(() => fillTemplate('{version}/{os}', { version: '1' })).toThrow('{os}');
});

describe('who vouches', () => {
  const pinned = { ...fileArtifact, checksum: { ...fileArtifact.checksum, pinned: 'a'.repeat(64) } };
  test.each([
    ['a pinned file', pinned, { trust: 'pinned' }, 'pinned'],
    ['a file from upstream', fileArtifact, { trust: 'pinned' }, 'published'],
    ['a pinned file from upstream, mirrors trusted', pinned, { trust: 'mirror' }, 'pinned'],
    ['a pinned file in a trusted mirror', pinned, { trust: 'mirror', mirror: '/m' }, 'mirror'],
    ['a file in an untrusted mirror', fileArtifact, { trust: 'pinned', mirror: '/m' }, 'published'],
    ['an image', imageArtifact, { trust: 'pinned' }, 'registry'],
    ['an image, untrusted mirror', imageArtifact, { trust: 'pinned', mirror: '/m' }, 'registry'],
    ['an image in a trusted mirror', imageArtifact, { trust: 'mirror', mirror: '/m' }, 'mirror'],
  ] as const)('%s', (_, artifact, settings, vouchedBy) => {
    expect(judgeSupply(artifact, settings).vouchedBy).toBe(vouchedBy);
  });
});
