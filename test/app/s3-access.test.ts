import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { s3AccessFrom, s3AccessOf } from '../../src/app/s3-access.ts';
import { temporaryPlaces } from './support/temporary-place.ts';

const newPlace = temporaryPlaces();
const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

/** A home with what people have in it. */
function home(): string {
  const directory = newPlace();
  mkdirSync(path.join(directory, '.aws'));
  writeFileSync(
    path.join(directory, '.aws/credentials'),
    '# mine\n[default]\naws_access_key_id = d\naws_secret_access_key = ds=/+\n\n[ lab ]\naws_access_key_id=l\naws_secret_access_key=ls\naws_session_token = lt\n',
  );
  writeFileSync(
    path.join(directory, '.aws/config'),
    '[default]\nregion = eu-west-1\n[profile lab]\nregion = lab-1\nendpoint_url = http://store:9000\n',
  );
  return directory;
}

test.each<[string, Record<string, string>, object]>([
  [
    'the default profile',
    {},
    { accessKeyId: 'd', secretAccessKey: 'ds=/+', region: 'eu-west-1', endpoint: 'https://s3.eu-west-1.amazonaws.com' },
  ],
  ['a profile', { AWS_PROFILE: 'lab' }, { accessKeyId: 'l', sessionToken: 'lt', region: 'lab-1', endpoint: 'http://store:9000' }],
  [
    'variables',
    { ...keys, AWS_REGION: 'x-1', AWS_ENDPOINT_URL: 'https://s' },
    { accessKeyId: 'id', region: 'x-1', endpoint: 'https://s', source: 'the environment' },
  ],
  [
    'variables of S3 before those of all',
    { ...keys, AWS_ENDPOINT_URL: 'https://s', AWS_ENDPOINT_URL_S3: 'https://t' },
    { endpoint: 'https://t' },
  ],
  ['half of them do not count', { AWS_ACCESS_KEY_ID: 'id' }, { accessKeyId: 'd' }],
])('of %s', async (_, environment, expected) => {
  expect(await s3AccessOf('s3://b', environment, home())).toMatchObject(expected);
});

test('nothing anywhere is told with all that was looked at', async () => {
  const empty = newPlace();
  await expect(s3AccessOf('s3://b', {}, empty)).rejects.toMatchObject({
    exitCode: 2,
    message: `s3://b: there are no credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor in ${empty}/.aws/credentials [default]`,
  });
  await expect(s3AccessOf('s3://b', { ...keys, AWS_ENDPOINT_URL: 'store:9000' }, empty)).rejects.toMatchObject({ exitCode: 2 });
});

test('of a place of the inventory', async () => {
  const file = path.join(newPlace(), 's3');
  writeFileSync(file, 'aws_access_key_id = i\naws_secret_access_key = s\n');
  const settings = { endpoint: 'https://s', region: 'r' };
  expect(await s3AccessFrom('s3://b', settings, file)).toEqual({ ...settings, accessKeyId: 'i', secretAccessKey: 's', source: file });
  writeFileSync(file, 'aws_access_key_id = i\n');
  await expect(s3AccessFrom('s3://b', settings, file)).rejects.toMatchObject({ exitCode: 2, message: /has no aws_access_key_id and/ });
  await expect(s3AccessFrom('s3://b', settings, newPlace())).rejects.toMatchObject({ exitCode: 2, message: /cannot be read \(EISDIR\)/ });
});
