import { describe, expect, test } from 'vitest';
import { imageArchivePath } from '../../../src/engine/kinds/artifact.ts';
import { planResource, probesOf } from '../../../src/engine/kinds/kinds.ts';
import type { HostFacts } from '../../../src/engine/observation.ts';
import type { Resource } from '../../../src/engine/resource.ts';
import { InternalError, PreflightError } from '../../../src/errors.ts';
import { contextSeeing, contextWith, seenWith } from '../support/context.ts';

const user: Resource = { kind: 'user', name: 'etcd', home: '/var/lib/etcd' };
const module: Resource = { kind: 'module', name: 'br_netfilter' };
const sysctl: Resource = { kind: 'sysctl', key: 'net.ipv4.ip_forward', value: '1' };

test.each([
  ['user: missing', user, {}, [user]],
  ['user: there', user, { users: new Set(['etcd']) }, []],
  ['module: missing', module, { modules: new Set(['overlay']) }, [module]],
  ['module: there', module, { modules: new Set(['br_netfilter']) }, []],
  ['sysctl: other value', sysctl, { sysctls: new Map([['net.ipv4.ip_forward', '0']]) }, [{ ...sysctl, was: '0' }]],
  ['sysctl: as wanted', sysctl, { sysctls: new Map([['net.ipv4.ip_forward', '1']]) }, []],
  ['sysctl: unknown to the kernel yet', sysctl, {}, [{ ...sysctl, was: 'unset' }]],
] as const)('%s', (_, resource, seen, actions) => {
  expect(planResource(resource, contextSeeing(seen))).toEqual(actions);
});

describe('programs', () => {
  const tool: Resource = {
    kind: 'package',
    command: 'conntrack',
    names: { apt: 'conntrack', dnf: 'conntrack-tools', zypper: 'conntrack-tools' },
  };
  const factsWith = (packageManager: HostFacts['packageManager']) => ({ facts: { packageManager } as HostFacts });

  test('one that is there needs no package manager', () => {
    expect(planResource(tool, contextSeeing({ commands: new Set(['conntrack']), ...factsWith('unknown') }))).toEqual([]);
  });

  test.each([
    ['apt', 'conntrack'],
    ['dnf', 'conntrack-tools'],
    ['zypper', 'conntrack-tools'],
  ] as const)('a missing one is installed by %s', (manager, name) => {
    expect(planResource(tool, contextSeeing(factsWith(manager)))).toEqual([{ kind: 'packages', manager, names: [name] }]);
  });

  test('units that come with a package are named with it', () => {
    const daemon: Resource = { ...tool, services: ['conntrackd.service'] };
    const action = { kind: 'packages', manager: 'apt', names: ['conntrack'], services: ['conntrackd.service'] };
    expect(planResource(daemon, contextSeeing(factsWith('apt')))).toEqual([action]);
    expect(planResource(daemon, contextSeeing({ commands: new Set(['conntrack']), ...factsWith('apt') }))).toEqual([]);
  });

  test.each([
    ['none is known', factsWith('unknown')],
    ['the facts are not known', {}],
  ])('a missing one cannot be installed where %s', (_, seen) => {
    expect(() => planResource(tool, contextSeeing(seen))).toThrow(PreflightError);
    expect(() => planResource(tool, contextSeeing(seen))).toThrow('n1: conntrack is missing');
  });

  test('the program and the facts are looked at', () => {
    expect(probesOf(tool)).toEqual([{ kind: 'command', name: 'conntrack' }, { kind: 'facts' }]);
  });
});

describe('artifacts', () => {
  const path = '/opt/kcluster/etcd/3.6/etcd';
  const binary: Resource = { kind: 'binary', component: 'etcd', version: '3.6', name: 'etcd', path };
  const image: Resource = { kind: 'image', reference: 'registry/pause:3' };
  const held = { binary: () => ({ sha256: 'aa', sizeBytes: 7 }), image: () => ({ sha256: 'bb', sizeBytes: 9 }) };
  const send = { ...binary, sha256: 'aa', sizeBytes: 7 };

  test.each([
    ['missing', new Map(), [send]],
    ['verified', new Map([[path, { sizeBytes: 7, verifiedSha256: 'aa' }]]), []],
    ['verified as another', new Map([[path, { sizeBytes: 7, verifiedSha256: 'cc' }]]), [send]],
    ['not verified', new Map([[path, { sizeBytes: 7 }]]), [send]],
  ])('a binary: %s', (_, binaries, actions) => {
    expect(planResource(binary, contextWith({ ...held, seen: seenWith({ binaries }) }))).toEqual(actions);
  });

  test('a binary that no artifact holds is a defect', () => {
    expect(() => planResource(binary, contextWith())).toThrow(InternalError);
  });

  const load = { ...image, sha256: 'bb', sizeBytes: 9 };
  test.each([
    ['containerd does not answer yet', undefined, [load]],
    ['missing', new Set(['registry/pause:2']), [load]],
    ['there', new Set(['registry/pause:3']), []],
  ])('an image: %s', (_, images, actions) => {
    expect(planResource(image, contextWith({ ...held, seen: seenWith({ images }) }))).toEqual(actions);
  });

  test('an image that the operator does not hold is left to the node', () => {
    expect(planResource(image, contextWith({ seen: seenWith({ images: new Set() }) }))).toEqual([]);
  });

  const archive: Resource = { kind: 'image-archive', reference: 'registry/pause:3' };
  const stagedAs = (verifiedSha256: string) => new Map([[imageArchivePath('bb'), { sizeBytes: 9, verifiedSha256 }]]);
  test.each([
    ['staged', stagedAs('bb'), undefined, [{ ...load, isStaged: true }], []],
    ['staged as another', stagedAs('cc'), undefined, [load], [{ ...load, kind: 'image-archive' }]],
    ['not staged', new Map(), undefined, [load], [{ ...load, kind: 'image-archive' }]],
    ['imported already', new Map(), new Set(['registry/pause:3']), [], []],
  ])('an image and its archive: %s', (_, binaries, images, ofImage, ofArchive) => {
    const context = contextWith({ ...held, seen: seenWith({ binaries, images }) });
    expect([planResource(image, context), planResource(archive, context)]).toEqual([ofImage, ofArchive]);
  });

  test('an archive that the operator does not hold is not staged', () => {
    expect(planResource(archive, contextWith({ seen: seenWith({}) }))).toEqual([]);
  });

  test('what is looked at, and where an archive waits', () => {
    expect([binary, image].flatMap(probesOf)).toEqual([{ kind: 'binary', path }, { kind: 'images' }, { kind: 'image-archives' }]);
    expect(probesOf(archive)).toEqual(probesOf(image));
    expect(imageArchivePath('bb')).toBe('/opt/kcluster/images/bb.tar');
  });
});
