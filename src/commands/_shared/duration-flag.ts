import { Flags } from '@oclif/core';
import { ConfigurationError } from '../../errors.ts';

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const longestSeconds = 24 * 3600;

/** Reads `90s`, `5m`, `1h30m` as seconds. @throws ConfigurationError for anything else, for nothing and for more than a day */
function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d{1,6})([smh])/g)];
  const seconds = parts.reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (unitSeconds[unit] ?? 0), 0);
  const isWhole = parts.map(([part]) => part).join('') === text;
  if (isWhole && seconds > 0 && seconds <= longestSeconds) return seconds;
  throw new ConfigurationError(`${JSON.stringify(text)} is not a time from 1s to 24h`, { remedy: 'write it as 90s, 5m or 1h30m' });
}

/** A flag whose value is a time, in seconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'TIME',
  parse: async (text) => parseDuration(text),
});
