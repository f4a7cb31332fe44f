import { expect, test } from 'vitest';
import { trimNode } from '../../src/engine/trim-node.ts';

const object = (metadata: object) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'a', ...metadata }, status: { phase: 'x' } });
const mine = { manager: 'kcluster', fieldsV1: { 'f:metadata': {} } };

test('fields of other managers go, kcluster must find its own', () => {
  expect(trimNode(object({ managedFields: [{ manager: 'kubelet', fieldsV1: {} }, mine] }))).toEqual(object({ managedFields: [mine] }));
});

test('an object without them is left as it is', () => {
  expect(trimNode(object({}))).toEqual(object({}));
});
