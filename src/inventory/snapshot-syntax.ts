import type { BackupTarget } from '../cluster/cluster.ts';
import { parseCron } from '../cluster/cron.ts';
import { quote } from './suggest.ts';
import { type Judge, patterns, splitHostPort } from './syntax.ts';

export const judgeCron: Judge = (text) => {
  const cron = parseCron(text);
  return typeof cron === 'string' ? cron : undefined;
};

/** What goes into a unit file and into shell lines of hosts as it is. */
const plainPath = /^\/[A-Za-z0-9._@+,=/-]*$/;

export const judgeAbsolutePath: Judge = (text) => {
  if (!text.startsWith('/')) return `${quote(text)} is not an absolute path, such as "/srv/backup"`;
  if (!plainPath.test(text))
    return `${quote(text)} has characters that a path on hosts may not have here: letters, digits and "._@+,=-/" only`;
  const parts = text.replace(/\/$/, '').split('/').slice(1);
  return parts.length === 0 || parts.some((part) => ['', '.', '..'].includes(part))
    ? `${quote(text)} is not a plain path: write it without "//", "." and "..", and below "/"`
    : undefined;
};

const bech32 = /^age1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{58}$/;

export const judgeAgeRecipient: Judge = (text) => {
  if (text.startsWith('AGE-SECRET-KEY-'))
    return 'this is a private key; take it out of the inventory at once, and write the public key beside it, age1…';
  return bech32.test(text)
    ? undefined
    : `${quote(text)} is not a public key of age, which is "age1" and 58 characters; age-keygen -y prints it`;
};

function httpFault(text: string): string | undefined {
  try {
    const { protocol, username, password } = new URL(text);
    if (protocol !== 'https:' && protocol !== 'http:') return 'is not an http or https URL';
    return username === '' && password === '' ? undefined : 'has a user in it; credentials do not belong into the inventory';
  } catch (error) {
    if (error instanceof TypeError) return 'is not a URL';
    throw error;
  }
}

export const judgeWebhook: Judge = (text) => {
  const fault = /[\s"\\]/.test(text) ? 'has characters that a URL has not' : httpFault(text);
  return fault === undefined ? undefined : `${quote(text)} ${fault}, such as "https://alerts.example.com/hook"`;
};

export const judgeEndpointURL: Judge = (text) => {
  const fault = /^https?:\/\/[^/?#\s"\\]+\/?$/.test(text) ? httpFault(text) : 'is not a URL without a path';
  return fault === undefined ? undefined : `${quote(text)} ${fault}, such as "https://s3.eu-central-1.amazonaws.com"`;
};

type Place =
  | { readonly kind: 'directory'; readonly path: string }
  | Pick<Extract<BackupTarget, { kind: 'ssh' }>, 'kind' | 'user' | 'host' | 'port' | 'path'>
  | Pick<Extract<BackupTarget, { kind: 's3' }>, 'kind' | 'bucket' | 'prefix'>;

function sshPlace(rest: string): Place | string {
  const slash = rest.indexOf('/');
  const [who, path] = slash === -1 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash)];
  const at = who.lastIndexOf('@');
  const there = splitHostPort(who.slice(at + 1));
  if (at < 1 || !patterns.user.test(who.slice(0, at)) || there === undefined) return 'names no user and host';
  const fault = judgeAbsolutePath(path);
  return fault === undefined
    ? { kind: 'ssh', user: who.slice(0, at), host: there.host, port: there.port ?? 22, path }
    : `has no usable path: ${fault}`;
}

function s3Place(rest: string): Place | string {
  const [bucket = '', ...more] = rest.replace(/\/+$/, '').split('/');
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return 'names no bucket: 3 to 63 lower-case letters, digits, "-" and "."';
  if (more.some((part) => !/^[A-Za-z0-9._-]+$/.test(part) || /^\.+$/.test(part)))
    return 'has a prefix of other characters than letters, digits and "._-/"';
  return { kind: 's3', bucket, prefix: more.join('/') };
}

function directoryPlace(text: string): Place | string {
  return judgeAbsolutePath(text) ?? { kind: 'directory', path: text.replace(/\/$/, '') };
}

/** The place that a target names, or what is wrong with it. */
export function parseTarget(text: string): Place | string {
  const [, scheme, rest = ''] = /^([a-z0-9]+):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === undefined) return directoryPlace(text);
  if (scheme !== 'ssh' && scheme !== 's3') return `${quote(text)} is of no known kind; write an absolute path, ssh://… or s3://…`;
  const place = scheme === 'ssh' ? sshPlace(rest) : s3Place(rest);
  if (typeof place !== 'string') return place;
  return `${quote(text)} ${place}; write it as in "ssh://backup@host.example.com/srv/etcd" or "s3://bucket/prefix"`;
}

export const judgeTarget: Judge = (text) => {
  const place = parseTarget(text);
  return typeof place === 'string' ? place : undefined;
};
