import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../src/host/redaction.ts';

const secret = 's3cr3t/+ value';
const pem = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcanaryCANARYcana
ryCANARYcanaryCANARYcanaryCANARYcanaryCANARYca
-----END PRIVATE KEY-----
`;

function redactorOf(...secrets: readonly string[]) {
  const redactor = createRedactor();
  for (const each of secrets) redactor.add(each);
  return redactor;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a secret is hidden', () => {
  test.each([
    ['in clear', secret],
    ['several times', `${secret}${secret} and ${secret}`],
    ['in base64', base64(secret)],
    ['in base64 with a newline before the encoding', base64(`${secret}\n`)],
    ['in base64url', Buffer.from(secret).toString('base64url')],
    ['URL-encoded', `https://host/?token=${encodeURIComponent(secret)}&x=1`],
    ['in JSON', JSON.stringify({ token: secret })],
    ['inside a longer base64 text, shifted by one', base64(`u:${secret}`)],
    ['inside a longer base64 text, shifted by two', base64(`user:${secret}:more`)],
    ['inside a longer base64 text, unshifted', base64(`abc${secret}xyz`)],
  ])('%s', (_title, text) => {
    const redacted = redactorOf(secret).redact(`before ${text} after`);
    expect(redacted).toMatch(/^before .*\[redacted\].* after$/);
    expect(redacted).not.toContain('s3cr3t');
    expect(redacted).not.toMatch(/czNjcjN0|MzY3IzdC|NjcjN0/);
  });

  test('with quotes and line breaks, as JSON writes them', () => {
    const odd = 'quote " back \\ slash\nsecond line of it';
    expect(redactorOf(odd).redact(JSON.stringify([odd]))).toBe('["[redacted]"]');
  });

  test('when it is a PEM: whole, in base64, and each line of its body', () => {
    const redactor = redactorOf(pem);
    expect(redactor.redact(pem)).toBe('[redacted]');
    expect(redactor.redact(`client-key-data: ${base64(pem)}`)).toBe('client-key-data: [redacted]');
    for (const line of pem.split('\n').filter((each) => each !== '' && !each.startsWith('-')))
      expect(redactor.redact(`x ${line} y`)).toBe('x [redacted] y');
  });

  test('when it is part of another one: the longer is hidden whole', () => {
    expect(redactorOf('pass', 'password1').redact('password1 pass')).toBe('[redacted] [redacted]');
  });
});

describe('other text stays as it is:', () => {
  test.each([
    ['without any secret', [], 'anything'],
    ['PEM armour', [pem], '-----BEGIN PRIVATE KEY-----'],
    ['characters that mean something in patterns', ['a.c*'], 'abc abcc'],
    ['secrets too short to hide', ['abc', '', ' '], 'abc  abc'],
    ['short lines of a long secret', ['first long line\nshort\nlast long line'], 'short'],
  ])('%s', (_title, secrets, text) => {
    expect(redactorOf(...secrets).redact(text)).toBe(text);
  });
});

test('a secret may be added at any time', () => {
  const redactor = redactorOf('first');
  expect(redactor.redact('first second')).toBe('[redacted] second');
  redactor.add('second');
  expect(redactor.redact('first second')).toBe('[redacted] [redacted]');
});
