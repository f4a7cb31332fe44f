import { InternalError } from '../errors.ts';

const controlCharacter = /\p{Cc}/u;

function refuseControlCharacters(text: string): void {
  // A line break would end the setting and start another one.
  if (controlCharacter.test(text)) throw new InternalError(`a systemd setting cannot hold control characters: ${JSON.stringify(text)}`);
}

/** Text of a setting that systemd takes as it is, for example `Description=`. */
export function systemdText(text: string): string {
  refuseControlCharacters(text);
  return text.replaceAll('%', '%%');
}

function quoteWord(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return /^[^\s"'\\;]+$/.test(text) ? escaped : `"${escaped}"`;
}

/** One word of `ExecStart=`: nothing in it is expanded (systemd.service(5), "Command lines"). */
export function systemdArgument(text: string): string {
  refuseControlCharacters(text);
  return quoteWord(text.replaceAll('$', '$$$$'));
}

/** One assignment of `Environment=`, where `$` has no meaning (systemd.exec(5)). */
export function systemdAssignment(name: string, value: string): string {
  refuseControlCharacters(value);
  return quoteWord(`${name}=${value}`);
}
