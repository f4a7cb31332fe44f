import { describe, expect, test } from 'vitest';
import { sha256Of } from '../../src/engine/kinds/file.ts';
import type { Observations } from '../../src/engine/observation.ts';
import { secretsToAdopt } from '../../src/engine/reconcile-secrets.ts';
import type { FileResource } from '../../src/engine/resource.ts';
import type { SecretName } from '../../src/engine/secret-name.ts';
import { RefusedError } from '../../src/errors.ts';
import { fileSeen, seenWith } from './support/context.ts';

const file = (secret: SecretName, path = `/pki/${secret}`): FileResource => ({
  kind: 'file',
  path,
  content: { secret },
  mode: 0o600,
  owner: 'root',
  group: 'root',
});
const plain: FileResource = { ...file('ca.key', '/etc/plain'), content: { text: 'x' } };
const wanted = [file('ca.crt'), file('ca.key'), plain];

const hosts = (values: Readonly<Record<string, Readonly<Record<string, string>>>>): Map<string, Observations> =>
  new Map(
    Object.entries(values).map(([node, files]) => [
      node,
      seenWith({ files: new Map(Object.entries(files).map(([path, text]) => [path, fileSeen(text)])) }),
    ]),
  );
const onEach = (...nodes: readonly string[]) => new Map(nodes.map((node) => [node, wanted]));
const known = (values: Readonly<Record<string, string>>) =>
  new Map(Object.entries(values).map(([name, text]) => [name as SecretName, sha256Of(text)]));

describe('taken over from hosts', () => {
  test('nothing is there: nothing to take over', () => {
    expect(secretsToAdopt(onEach('a', 'b'), hosts({ a: {}, b: {} }), known({}))).toEqual(new Map());
  });

  test('a host holds what the cache lacks', () => {
    expect(secretsToAdopt(onEach('a', 'b'), hosts({ a: {}, b: { '/pki/ca.key': 'k' } }), known({}))).toEqual(
      new Map([['ca.key', { node: 'b', path: '/pki/ca.key', sha256: sha256Of('k') }]]),
    );
  });

  test('hosts agree: one of them is read', () => {
    const adopted = secretsToAdopt(onEach('a', 'b'), hosts({ a: { '/pki/ca.key': 'k' }, b: { '/pki/ca.key': 'k' } }), known({}));
    expect([...adopted.keys()]).toEqual(['ca.key']);
    expect(adopted.get('ca.key')).toMatchObject({ path: '/pki/ca.key' });
  });

  test('what the cache holds already is not read again', () => {
    expect(secretsToAdopt(onEach('a'), hosts({ a: { '/pki/ca.key': 'k', '/pki/ca.crt': 'c' } }), known({ 'ca.key': 'k' })).size).toBe(1);
  });

  test('files that are no secrets, and hosts that were not seen, are left out', () => {
    expect(secretsToAdopt(onEach('a', 'unseen'), hosts({ a: { '/etc/plain': 'whatever' } }), known({})).size).toBe(0);
  });
});

describe('refused', () => {
  const refusal = (run: () => unknown): RefusedError => {
    try {
      run();
    } catch (error) {
      if (error instanceof RefusedError) return error;
      throw error;
    }
    throw new Error('not refused');
  };

  test('two hosts hold different values', () => {
    const error = refusal(() =>
      secretsToAdopt(onEach('a', 'b'), hosts({ a: { '/pki/ca.key': 'one' }, b: { '/pki/ca.key': 'two' } }), known({})),
    );
    expect(error.message).toBe('b: /pki/ca.key differs from /pki/ca.key on a: two hosts hold different values of ca.key');
    expect(error.details).toMatchObject({ node: 'b', remedy: expect.stringContaining('nothing was changed') });
  });

  test('two places of one host hold different values', () => {
    const files = new Map([['a', [file('etcd-ca.crt', '/one'), file('etcd-ca.crt', '/two')]]]);
    expect(refusal(() => secretsToAdopt(files, hosts({ a: { '/one': '1', '/two': '2' } }), known({}))).message).toContain(
      '/two differs from /one on a',
    );
  });

  test('a third host that differs, even when the cache agrees with the others', () => {
    const seen = hosts({ a: { '/pki/ca.key': 'k' }, b: { '/pki/ca.key': 'k' }, c: { '/pki/ca.key': 'x' } });
    expect(refusal(() => secretsToAdopt(onEach('a', 'b', 'c'), seen, known({ 'ca.key': 'k' }))).details.node).toBe('c');
  });

  test('the cache holds another value than the hosts', () => {
    const error = refusal(() => secretsToAdopt(onEach('a'), hosts({ a: { '/pki/ca.key': 'k' } }), known({ 'ca.key': 'other' })));
    expect(error.message).toContain('is not the ca.key that is kept beside the inventory; neither is overwritten');
    expect(error.message).not.toContain(sha256Of('k'));
  });
});
