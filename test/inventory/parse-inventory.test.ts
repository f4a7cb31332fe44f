import { expect, test } from 'vitest';
import { ConfigurationError } from '../../src/errors.ts';
import { parseInventory } from '../../src/inventory/parse-inventory.ts';
import { inventoryText } from './sample.ts';

function failureOf(text: string): ConfigurationError {
  try {
    parseInventory(text, 'staging.yaml');
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('gives the cluster, warnings or not', () => {
  expect(parseInventory(inventoryText(), 'a.yaml').name).toBe('sample');
  expect(parseInventory(inventoryText({ cluster: { network: { proxyMode: 'ipvs' } } }), 'a.yaml').network.proxyMode).toBe('ipvs');
});

test('throws one error with every problem, its place and its line', () => {
  const text = `apiVersion: kcluster/v1alpha1
kind: Inventory
cluster: { name: sample, network: { proxyMode: ipvs } }
nodes:
  - name: a
    address: 192.0.2.1
    roles: [workr]
    state: off
`;
  const failure = failureOf(text);
  expect(failure.exitCode).toBe(2);
  expect(failure.details.remedy).toBe('Correct staging.yaml; `kcluster inventory validate` checks it without touching a host.');
  expect(failure.message.split('\n')).toEqual([
    'staging.yaml has 2 errors',
    'staging.yaml:7:13 nodes[0].roles[0]: "workr" is not a role; did you mean "worker"?',
    '  7 |     roles: [workr]',
    '    |             ^^^^^',
    'staging.yaml:8:12 nodes[0].state: "off" is not a state; known: present, down',
    '  8 |     state: off',
    '    |            ^^^',
  ]);
});

test('one error is one error', () => {
  expect(failureOf('').message).toBe(
    'staging.yaml has one error\nstaging.yaml:1:1: the inventory is empty; `kcluster inventory new` prints one to start from',
  );
});

test('a hostile text cannot write to the terminal', () => {
  const failure = failureOf(inventoryText({ nodes: [{ name: '\u001b]0;x\u0007\u001b[2J' }] }));
  expect(failure.message).not.toMatch(/[^\P{Cc}\n]/u);
});
