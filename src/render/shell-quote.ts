const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One word for POSIX sh; text that is plain already stays readable. */
export function shellQuote(word: string): string {
  return plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
