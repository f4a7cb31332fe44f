const archive = /^(.+)\.tar\.(?:zst|gz)(?:\.age)?$/;
const record = /^.+-\d{8}T\d{6}Z-[A-Za-z0-9.-]+\.json$/;

/** What a file on a shelf is, by its name; undefined: nothing of a backup. */
export function kindOfFile(name: string): 'record' | 'check' | 'archive' | undefined {
  if (name.startsWith('.') || name.includes('/')) return undefined;
  if (record.test(name)) return 'record';
  if (name.endsWith('.checked')) return 'check';
  return archive.test(name) ? 'archive' : undefined;
}

/** Name of the backup that an archive is of. */
export function nameOfArchive(file: string): string | undefined {
  return archive.exec(file)?.[1];
}

/** Name of the backup that a record or archive is of; a name stays what it is. */
export function nameOfFile(file: string): string {
  return nameOfArchive(file) ?? file.replace(/\.json$/, '');
}
