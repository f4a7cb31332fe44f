/** What a step's script writes: path -> bytes, of the plain and of the base64 form. */
export function textsOfScript(script: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [, path = '', text = ''] of script.matchAll(/^kc_put (\S+) .* <<'KCLUSTER_END' \|\| return\n([\s\S]*?)^KCLUSTER_END$/gm)) {
    texts.set(unquote(path), text);
  }
  for (const [, path = '', text = ''] of script.matchAll(/^base64 -d <<'KCLUSTER_END' \| kc_put (\S+) .*\n(.*)\nKCLUSTER_END$/gm)) {
    texts.set(unquote(path), Buffer.from(text, 'base64').toString('utf8'));
  }
  return texts;
}

function unquote(word: string): string {
  return word.replaceAll("'", '');
}
