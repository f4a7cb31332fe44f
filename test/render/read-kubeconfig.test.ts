import { describe, expect, test } from 'vitest';
import { buildKubeconfig } from '../../src/pki/build-kubeconfig.ts';
import { mergeKubeconfig } from '../../src/render/merge-kubeconfig.ts';
import { readKubeconfig } from '../../src/render/read-kubeconfig.ts';

const nothing = { server: undefined, authority: undefined, certificate: undefined };
const content = {
  clusterName: 'one',
  server: 'https://192.0.2.1:6443',
  authority: 'CA\n',
  certificate: 'CERT\n',
  key: 'KEY\n',
  user: 'jane',
};

describe('readKubeconfig', () => {
  test('reads what kcluster writes', () => {
    expect(readKubeconfig(buildKubeconfig(content))).toEqual({ server: content.server, authority: 'CA\n', certificate: 'CERT\n' });
  });

  test('follows the context in use', () => {
    const other = buildKubeconfig({ ...content, clusterName: 'two', server: 'https://192.0.2.2:6443', certificate: 'OTHER\n' });
    expect(readKubeconfig(mergeKubeconfig(buildKubeconfig(content), other))).toMatchObject({
      server: 'https://192.0.2.2:6443',
      certificate: 'OTHER\n',
    });
  });

  test.each([
    '',
    'null',
    '7',
    'a text',
    '[]',
    'clusters: [',
    'clusters: {}',
    'contexts: [null, 7]\ncurrent-context: x',
    'current-context: gone',
  ])('of %j nothing is known', (text) => {
    expect(readKubeconfig(text)).toEqual(nothing);
  });

  test('files beside it are not followed', () => {
    const text = buildKubeconfig(content).replaceAll('-data: ', ': /etc/');
    expect(readKubeconfig(text)).toEqual({ ...nothing, server: content.server });
  });
});
