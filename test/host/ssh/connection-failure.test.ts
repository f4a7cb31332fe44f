import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/errors.ts';
import { describeFailure, describeLoss } from '../../../src/host/ssh/connection-failure.ts';
import type { Hop } from '../../../src/host/ssh/route.ts';

const hop: Hop = {
  alias: 'a',
  host: '10.0.0.1',
  port: 22,
  user: 'ops',
  requiredIdentities: [],
  optionalIdentities: [],
  identitiesOnly: false,
};
const context = { node: 'cp1', hop, isJump: false, tried: ['key ~/k', 'the password'], timeoutMs: 5_000 };
const failure = (fields: object) => Object.assign(new Error('raw\u001b[31m text'), fields);

describe('a failure names host, fact and remedy', () => {
  test.each([
    [{ code: 'ENOTFOUND' }, 'the name does not resolve', /inventory/],
    [{ code: 'EAI_AGAIN' }, 'the name service gives no answer', /IP address/],
    [{ code: 'ECONNREFUSED' }, 'the connection was refused', /Start sshd/],
    [{ code: 'EHOSTUNREACH' }, 'there is no route to the host', /runs/],
    [{ code: 'ENETUNREACH' }, 'the network is unreachable', /ssh\.jump/],
    [{ code: 'ETIMEDOUT' }, 'the connection timed out', /firewall/],
    [{ code: 'ECONNRESET' }, 'the connection was reset before it was set up', /MaxStartups/],
    [{ level: 'client-timeout' }, 'no SSH session within 5000 ms', /answers/],
    [{ level: 'client-authentication' }, 'it refused the login of ops (tried key ~/k, the password)', /authorized_keys of ops/],
    [{ level: 'handshake' }, 'no common way to talk: raw text', /Update sshd/],
    [{ level: 'protocol' }, 'raw text', /log of sshd/],
    [{ code: 2 }, 'raw text', /log of sshd/],
  ])('%j', (fields, fact, remedy) => {
    const error = describeFailure(failure(fields), context);
    expect(error).toMatchObject({
      name: 'UnreachableError',
      exitCode: 4,
      message: `cp1: cannot reach 10.0.0.1: ${fact}`,
      details: { node: 'cp1', remedy: expect.stringMatching(remedy) },
    });
  });

  test('of a jump host', () => {
    expect(describeFailure(failure({ code: 'ECONNREFUSED' }), { ...context, isJump: true }).message).toBe(
      'cp1: cannot reach jump host 10.0.0.1: the connection was refused',
    );
  });

  test('unless it has them already', () => {
    const named = new ConfigurationError('no key');
    expect(describeFailure(named, context)).toBe(named);
  });
});

test.each([
  [undefined, 'the host closed it'],
  [failure({ level: 'client-timeout' }), 'the host stopped answering'],
  [failure({ code: 'ECONNRESET' }), 'raw text'],
])('a loss says why: %#', (reason, why) => {
  expect(describeLoss('cp1', reason)).toMatchObject({
    name: 'ConnectionLostError',
    exitCode: 4,
    message: `cp1: the connection was lost: ${why}`,
  });
});
