import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildKubeconfig } from '../../src/pki/build-kubeconfig.ts';

const content = {
  clusterName: 'production',
  server: 'https://[2001:db8::1]:6443',
  authority: `-----BEGIN CERTIFICATE-----\n${'A'.repeat(500)}\n-----END CERTIFICATE-----\n`,
  certificate: 'certificate',
  key: 'key',
  user: 'system:node:worker-1',
};

test('is complete in itself', () => {
  const decoded = (text: string) => Buffer.from(text, 'base64').toString();
  const config = parse(buildKubeconfig(content));
  expect(config).toMatchObject({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'system:node:worker-1@production',
    contexts: [{ name: 'system:node:worker-1@production', context: { cluster: 'production', user: 'system:node:worker-1' } }],
  });
  expect(config.clusters).toEqual([
    {
      name: 'production',
      cluster: { server: content.server, 'certificate-authority-data': Buffer.from(content.authority).toString('base64') },
    },
  ]);
  expect(config.users).toHaveLength(1);
  expect(decoded(config.users[0].user['client-certificate-data'])).toBe('certificate');
  expect(decoded(config.users[0].user['client-key-data'])).toBe('key');
});

test('keeps long values on one line, so that the certificate can be read with a line tool', () => {
  const lines = buildKubeconfig(content).split('\n');
  expect(lines.filter((line) => line.includes('certificate-authority-data: '))).toHaveLength(1);
  expect(lines.find((line) => line.includes('certificate-authority-data: '))?.length).toBeGreaterThan(600);
  expect(lines.filter((line) => line.trimStart().startsWith('client-key-data: '))).toHaveLength(1);
});

test('the same content gives the same bytes', () => {
  expect(buildKubeconfig({ ...content })).toBe(buildKubeconfig({ ...content }));
});
