/** A whole escape sequence (CSI, OSC or two characters), so that no `[31m` is left behind. */
const escapeSequence = /\p{Cc}(?:\[[0-?]*[ -/]*[@-~]|\][^\p{Cc}]*)/gu;
/** Characters a terminal could take for commands: C0 and C1 but tab and newline. */
const controlCharacter = /(?![\t\n])\p{Cc}/gu;

/** Text from a host made safe for messages: no terminal commands, at most `maxLength` characters. */
export function printable(text: string, maxLength = 4_000): string {
  const clean = text.replaceAll('\r\n', '\n').replace(escapeSequence, keepLayout).replace(controlCharacter, '').trim();
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength)} … (${clean.length - maxLength} characters more)`;
}

/** A bracket after a tab or newline is ordinary text. */
function keepLayout(sequence: string): string {
  return sequence.startsWith('\t') || sequence.startsWith('\n') ? sequence : '';
}
