import { describe, expect, test } from 'vitest';
import type { Observations } from '../../src/engine/observation.ts';
import { readObservations } from '../../src/engine/read-observations.ts';
import { createSharing } from '../../src/engine/share-observations.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function answer(own: string): Observations {
  const lines = [
    'stat\t/etc/same\t81a4\troot\troot\t5',
    `sha256\t${'a'.repeat(64)}  /etc/same`,
    'stat\t/etc/own\t81a4\troot\troot\t5',
    `sha256\t${own.repeat(64)}  /etc/own`,
    'stat\t/etc/link\ta1ff\troot\troot\t5',
    'target\t/etc/link\t/etc/same',
    `content\t/etc/same\t${base64('one text for all')}`,
    `content\t/etc/own\t${base64(own)}`,
    'unit\tId=x.service',
    'unit\tActiveState=active',
    'user\tetcd',
    'command\tcurl',
    'module\toverlay',
    'sysctl\tnet.ipv4.ip_forward\t1',
    'binary\t/opt/x\t7 1\tfeed 7 1',
    'images',
    'image\tpause',
    'health\thttp://127.0.0.1/\t200',
    `kube-nodes\t${base64(JSON.stringify({ kind: 'List', items: [{ kind: 'Node', metadata: { name: 'a' } }] }))}`,
    'facts\tosId\tdebian',
    'listener\t22\tsshd',
    'route\t192.0.2.1\tlink',
    'entry\t/etc/cni/net.d\tx.conflist',
    'empty-directory\t/var/lib/etcd',
  ];
  return readObservations([], lines.join('\n'));
}

const hosts = ['b', 'c', 'd'].map(answer);
const share = createSharing();
const shared = hosts.map(share) as [Observations, Observations, Observations];

test('says of every host what was seen of it', () => {
  expect(shared).toEqual(hosts);
});

describe('what hosts have in common is one value', () => {
  test.each(['units', 'users', 'commands', 'modules', 'sysctls', 'binaries', 'images', 'health', 'facts', 'onLink', 'entries'] as const)(
    '%s',
    (part) => {
      expect(shared[1][part]).toBe(shared[0][part]);
      expect(shared[2][part]).toBe(shared[0][part]);
    },
  );

  test('of files, which differ a little, each file', () => {
    expect(shared[1].files.get('/etc/same')).toBe(shared[0].files.get('/etc/same'));
    expect(shared[1].files.get('/etc/own')).not.toBe(shared[0].files.get('/etc/own'));
  });

  test('of Node objects, each', () => {
    expect(shared[1].kubeNodes?.get('a')).toBe(shared[0].kubeNodes?.get('a'));
  });
});

test('what was not answered stays away', () => {
  const silent = share(readObservations([], ''));
  expect([silent.images, silent.kubeNodes, silent.kubeObjects, silent.facts]).toEqual([undefined, undefined, undefined, undefined]);
});
