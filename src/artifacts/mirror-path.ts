/** Where a mirror keeps a download: host and path of upstream's URL. */
export function mirrorPath(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${decodeURIComponent(pathname)}`;
}

/** Where a mirror keeps an image as a docker archive: `registry.k8s.io/pause:3.10.2` -> `images/registry.k8s.io/pause_3.10.2_amd64.tar`. */
export function imageMirrorPath(reference: string, arch: string): string {
  const colon = reference.lastIndexOf(':');
  return `images/${reference.slice(0, colon)}_${reference.slice(colon + 1)}_${arch}.tar`;
}
