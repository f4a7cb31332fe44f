import { stripVTControlCharacters } from 'node:util';

/** Text from a host as it may be shown: no escape sequences, no control characters but newline and tab, no marks that reorder text. */
export function cleanText(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n')).replaceAll(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, '');
}

/** The same on one line. */
export function cleanLine(text: string): string {
  return cleanText(text.replaceAll('\r', '\n')).replaceAll(/\s+/gu, ' ').trim();
}
