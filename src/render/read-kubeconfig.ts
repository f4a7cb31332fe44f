import { parse } from 'yaml';

/** What the context in use of a kubeconfig points to; what is not there or not embedded is undefined. */
export interface KubeconfigFacts {
  readonly server: string | undefined;
  /** PEM. */
  readonly authority: string | undefined;
  /** PEM. */
  readonly certificate: string | undefined;
}

function child(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** `cluster` of the entry of that name in a list of `{ name, cluster }`. */
function named(list: unknown, name: unknown, key: string): unknown {
  return Array.isArray(list)
    ? child(
        list.find((entry) => child(entry, 'name') === name),
        key,
      )
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function decode(value: unknown): string | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
}

function tryParse(yaml: string): unknown {
  try {
    return parse(yaml);
  } catch {
    // A file that cannot be read points to nothing.
    return undefined;
  }
}

/** Reads a kubeconfig; of a damaged one nothing is known. */
export function readKubeconfig(yaml: string): KubeconfigFacts {
  const config = tryParse(yaml);
  const context = named(child(config, 'contexts'), child(config, 'current-context'), 'context');
  const cluster = named(child(config, 'clusters'), child(context, 'cluster'), 'cluster');
  const user = named(child(config, 'users'), child(context, 'user'), 'user');
  return {
    server: text(child(cluster, 'server')),
    authority: decode(child(cluster, 'certificate-authority-data')),
    certificate: decode(child(user, 'client-certificate-data')),
  };
}
