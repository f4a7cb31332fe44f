import { addressFamily, canonicalAddress, canonicalCIDR, nthAddress, parseCIDR } from '../cluster/cidr.ts';
import { defaultKubernetesVersion, supportedMinors } from '../cluster/default-version.ts';
import { minorOf, parseVersion } from '../cluster/version.ts';
import { quote } from './suggest.ts';

/** Says what is wrong with a text, or undefined when it is fine. */
export type Judge = (text: string) => string | undefined;

const dnsLabel = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const dnsName = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);
const looksLikeIPv4 = /^[0-9.]+$/;

export const patterns = {
  clusterName: new RegExp(`^${dnsLabel}$`),
  labelName: /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  user: /^[A-Za-z_][A-Za-z0-9._-]{0,63}$/,
  flag: /^[a-z][a-z0-9-]*$/,
  environmentName: /^[A-Za-z_][A-Za-z0-9_]*$/,
  kubernetesVersion: /^v?[0-9]+(?:\.[0-9]+){2}(?:-[0-9A-Za-z.-]+)?$/,
  componentVersion: /^v?[0-9]+(?:\.[0-9]+){1,2}(?:-[0-9A-Za-z.]+)?$/,
  region: /^[a-z0-9][a-z0-9-]{0,62}$/,
  preflightName: /^[A-Za-z0-9][A-Za-z0-9./_-]*$/,
} as const;

export const matches =
  (pattern: RegExp, fault: string): Judge =>
  (text) =>
    pattern.test(text) ? undefined : `${quote(text)} ${fault}`;

export const judgeNodeName: Judge = (text) => {
  if (text.length <= 63 && dnsName.test(text) && !looksLikeIPv4.test(text)) return undefined;
  const lower = text.toLowerCase();
  if (text.length <= 63 && dnsName.test(lower))
    return `${quote(text)} is not a node name: Kubernetes wants lower case; write ${quote(lower)}`;
  return `${quote(text)} is not a node name: at most 63 lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit`;
};

export const judgeDomain: Judge = (text) =>
  text.length <= 253 && dnsName.test(text)
    ? undefined
    : `${quote(text)} is not a domain name: lower-case labels of letters, digits and "-", joined by "."`;

/** An address literal or a DNS name. */
export const judgeHost: Judge = (text) => {
  if (addressFamily(text) !== undefined) return undefined;
  if (looksLikeIPv4.test(text)) {
    const hasZeros = text.split('.').some((part) => /^0[0-9]/.test(part));
    return `${quote(text)} is not an IPv4 address${hasZeros ? ': leading zeros may mean octal; leave them out' : ': four numbers from 0 to 255, joined by "."'}`;
  }
  if (text.includes(':')) return `${quote(text)} is not an IPv6 address${text.includes('%') ? ': zones such as %eth0 cannot be used' : ''}`;
  return text.length <= 253 && dnsName.test(text.toLowerCase()) ? undefined : `${quote(text)} is neither an IP address nor a DNS name`;
};

/** A name or address of a certificate; a leading `*.` is allowed. */
export const judgeSubjectAlternativeName: Judge = (text) =>
  judgeHost(text.replace(/^\*\./, '')) === undefined ? undefined : `${quote(text)} is neither an IP address nor a DNS name`;

export const judgeRange: Judge = (text) => {
  const [address = '', prefixLength] = text.split('/');
  if (prefixLength === undefined) return `${quote(text)} is not a range of addresses: the prefix length is missing, as in "10.244.0.0/16"`;
  const fault = addressFamily(address) === undefined ? judgeHost(address) : undefined;
  if (fault !== undefined) return `${quote(text)} is not a range of addresses: ${fault}`;
  if (parseCIDR(text) === undefined) return `${quote(text)} is not a range of addresses, such as "10.244.0.0/16" or "fd00:10:244::/48"`;
  const canonical = canonicalCIDR(text);
  return canonicalAddress(address) !== nthAddress(canonical, 0)
    ? `${quote(text)} has bits set behind its prefix; the range is written ${quote(canonical)}`
    : undefined;
};

const isSupported = (minor: string): boolean => (supportedMinors as readonly string[]).includes(minor);

export const judgeKubernetesVersion: Judge = (text) => {
  // The parser behind it forgives spaces; files on hosts are named after this text.
  const version = patterns.kubernetesVersion.test(text) ? parseVersion(text) : undefined;
  if (version === undefined) {
    const minor = /^v?(\d+\.\d+)$/.exec(text)?.[1];
    const example =
      minor !== undefined && isSupported(minor) && !defaultKubernetesVersion.startsWith(`${minor}.`)
        ? `${minor}.0`
        : defaultKubernetesVersion;
    return `${quote(text)} is not a full version; write all three numbers in quotes, such as ${quote(example)}`;
  }
  return isSupported(minorOf(version))
    ? undefined
    : `Kubernetes ${text} is not supported; this kcluster installs ${supportedMinors.join(', ')}`;
};

export const judgeLabelKey: Judge = (text) => {
  const parts = text.split('/');
  const [prefix, name] = parts.length === 1 ? [undefined, parts[0]] : parts;
  const isPrefixed = prefix === undefined || (prefix.length <= 253 && dnsName.test(prefix));
  if (parts.length <= 2 && isPrefixed && patterns.labelName.test(name ?? '')) return undefined;
  return `${quote(text)} is not a key: an optional DNS prefix and "/", then at most 63 letters, digits, "-", "_" and "."`;
};

export const judgeLabelValue: Judge = (text) =>
  text === '' || patterns.labelName.test(text)
    ? undefined
    : `${quote(text)} is not a label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`;

const hostKeyTypes = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

/** The first two fields of a line of a `.pub` or known-hosts file; a comment may follow. */
export const judgeHostKey: Judge = (text) => {
  const [type = '', blob = ''] = text.split(' ');
  if (!hostKeyTypes.includes(type)) return `${quote(text)} is not a public host key: it begins with one of ${hostKeyTypes.join(', ')}`;
  const bytes = Buffer.from(blob, 'base64');
  // The blob repeats its type with a length of four bytes before it.
  const isWhole = bytes.length > type.length + 4 && bytes.subarray(4, 4 + type.length).toString('latin1') === type;
  return isWhole && bytes.toString('base64') === blob
    ? undefined
    : `${quote(text)} is not a public host key: the part after ${type} is damaged`;
};

/** The last part of a host with a port: `host`, `host:port`, `[v6]:port`; undefined when it cannot be read. */
export function splitHostPort(text: string): { host: string; port: number | undefined } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/.exec(text);
  const bare = addressFamily(text) === 6 ? text : undefined;
  const host = bare ?? match?.[1] ?? match?.[2];
  if (host === undefined || judgeHost(host) !== undefined) return undefined;
  const port = bare === undefined && match?.[3] !== undefined ? Number(match[3]) : undefined;
  return port === undefined || (port >= 1 && port <= 65535) ? { host, port } : undefined;
}

export const judgeEndpoint: Judge = (text) =>
  splitHostPort(text) === undefined
    ? `${quote(text)} is not an endpoint, such as "k8s.example.com:6443" or "[2001:db8::10]:6443"`
    : undefined;

/** The client URL of an etcd member: https, a host and a port, nothing behind it. */
export const judgeEtcdURL: Judge = (text) => {
  const example = 'such as "https://etcd-1.example.com:2379" or "https://[2001:db8::10]:2379"';
  if (text.startsWith('http://')) return `${quote(text)} would send every secret of the cluster in clear; etcd must serve https`;
  const parts = text.startsWith('https://') ? splitHostPort(text.slice('https://'.length).replace(/\/$/, '')) : undefined;
  if (parts === undefined) return `${quote(text)} is not a client URL of etcd, ${example}`;
  return parts.port === undefined ? `${quote(text)} has no port, ${example}` : undefined;
};

/** One way of writing each client URL, so that the same one twice is seen. */
export function canonicalEtcdURL(text: string): string {
  const { host = '', port = 0 } = splitHostPort(text.slice('https://'.length).replace(/\/$/, '')) ?? {};
  const name = canonicalAddress(host.toLowerCase());
  return `https://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** `[user@]host[:port]`, several joined by commas. */
export const judgeJump: Judge = (text) => {
  const wrong = text.split(',').find((hop) => {
    const at = hop.lastIndexOf('@');
    return splitHostPort(hop.slice(at + 1)) === undefined || (at !== -1 && !patterns.user.test(hop.slice(0, at)));
  });
  return wrong === undefined ? undefined : `${quote(wrong)} is not a jump host, such as "admin@bastion.example.com:22"`;
};

/** A local path; a leading dash would be an option to whatever opens it. */
export const judgePath: Judge = (text) => (text === '' || text.startsWith('-') ? `${quote(text)} is not a path` : undefined);
