const digest = /^[0-9a-f]{64}$/i;

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * Finds a file's SHA-256 in a published checksum file: a bare digest, "digest  name", a list of those, or a PGP clear-signed list.
 * Undefined when no line is about that file.
 */
export function parseChecksum(text: string, fileName: string): string | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim().split(/\s+/));
  const found = lines.filter(([first, , ...rest]) => digest.test(first ?? '') && rest.length === 0);
  const named = found.find(([, name]) => name !== undefined && baseName(name.replace(/^\*/, '')) === fileName);
  const bare = found.find((words) => words.length === 1);
  return (named ?? bare)?.[0]?.toLowerCase();
}
