/** Text as it is where the shell can carry it, base64 elsewhere. */
export function feed(text: string, command: string): string {
  if (text.endsWith('\n') && !text.includes('\0') && !text.includes('KCLUSTER_END')) {
    return `${command} <<'KCLUSTER_END' || return\n${text}KCLUSTER_END`;
  }
  return `base64 -d <<'KCLUSTER_END' | ${command} || return\n${Buffer.from(text, 'utf8').toString('base64')}\nKCLUSTER_END`;
}
