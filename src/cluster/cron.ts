/** A cron expression as the sets that it names, each sorted; all times are UTC. */
export interface Cron {
  /** As it was written. */
  readonly text: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
  /** Both day fields are restricted: a day that fits either of them counts, as cron has it. */
  readonly either: boolean;
}

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly words?: readonly string[];
}

const monthWords = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
export const weekdayWords = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fields = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, words: monthWords },
  // 7 is Sunday too.
  { name: 'day of the week', from: 0, to: 7, words: weekdayWords },
] as const satisfies readonly Field[];

const aliases: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Thrown inside this file only: callers get text. */
class Fault extends Error {}

function fault({ name }: Field, text: string, fact: string): Fault {
  return new Fault(`${name} "${text}" ${fact}`);
}

function numberOf(field: Field, text: string): number {
  const word = field.words?.indexOf(text.toLowerCase()) ?? -1;
  if (word !== -1) return field.from === 1 ? word + 1 : word;
  const names = field.words === undefined ? '' : `, or a name such as ${field.words[1]?.toUpperCase()}`;
  if (!/^\d{1,2}$/.test(text)) throw fault(field, text, `is not a number; write one from ${field.from} to ${field.to}${names}`);
  const value = Number(text);
  if (value < field.from || value > field.to) throw fault(field, text, `is out of range; write one from ${field.from} to ${field.to}`);
  return value;
}

function stepOf(field: Field, text: string, whole: string): number {
  if (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= field.to) return Number(text);
  throw fault(field, whole, `has a step that is not a number from 1 to ${field.to}; write it as in "*/5"`);
}

/** `*`, `5`, `1-5`, each with `/step`; a single number with a step goes on to the end, as cron has it. */
function partOf(field: Field, part: string): readonly number[] {
  const [range = '', stepText, more] = part.split('/');
  if (more !== undefined) throw fault(field, part, 'has two steps; write one');
  const step = stepText === undefined ? 1 : stepOf(field, stepText, part);
  const [first = '', last, third] = range.split('-');
  if (third !== undefined) throw fault(field, part, 'is not a range; write it as in "1-5"');
  if (range === '') throw fault(field, part, 'is empty; write "*" for every one');
  const end = field.name === 'day of the week' ? 6 : field.to;
  const from = range === '*' ? field.from : numberOf(field, first);
  const to = last === undefined ? (range === '*' || stepText !== undefined ? Math.max(end, from) : from) : numberOf(field, last);
  if (to < from) throw fault(field, part, 'runs backwards; write two ranges joined by ","');
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

function valuesOf(field: Field, text: string): readonly number[] {
  const strange = /[?LW#]/.exec(text.replaceAll(/[a-z]{3}/gi, ''))?.[0];
  if (strange !== undefined) throw fault(field, text, `uses "${strange}", which is not understood; list the values instead`);
  const values = text.split(',').flatMap((part) => partOf(field, part));
  const folded = field.name === 'day of the week' ? values.map((value) => value % 7) : values;
  return [...new Set(folded)].sort((a, b) => a - b);
}

function split(text: string): readonly string[] {
  const plain = text.trim();
  if (!plain.startsWith('@')) return plain.split(/\s+/);
  const expression = aliases[plain.toLowerCase()];
  if (expression !== undefined) return expression.split(' ');
  throw new Fault(`"${plain}" is not known; write one of ${Object.keys(aliases).join(', ')}, or five fields`);
}

function countFault(count: number): string {
  const fact = `has ${count} ${count === 1 ? 'field' : 'fields'} instead of five: minute, hour, day of the month, month, day of the week`;
  return count === 6 ? `${fact}; leave seconds and years out` : `${fact}; write it as in "30 3 * * *"`;
}

function read(text: string): Cron {
  const words = split(text);
  const [minute, hour, day, month, weekday] = words;
  if (words.length !== 5 || !minute || !hour || !day || !month || !weekday)
    throw new Fault(`"${text}" ${countFault(text.trim() === '' ? 0 : words.length)}`);
  const cron = {
    text,
    minutes: valuesOf(fields[0], minute),
    hours: valuesOf(fields[1], hour),
    days: valuesOf(fields[2], day),
    months: valuesOf(fields[3], month),
    weekdays: valuesOf(fields[4], weekday),
    either: !day.startsWith('*') && !weekday.startsWith('*'),
  };
  const exists = cron.months.some((number) => cron.days.some((date) => date <= (daysOfMonth[number - 1] ?? 0)));
  if (!exists && !cron.either)
    throw new Fault(`day of the month "${day}" never comes in month "${month}"; choose a day that these months have`);
  return cron;
}

/** The sets of a cron expression, or what is wrong with it: the field, the fact and what to write instead. */
export function parseCron(text: string): Cron | string {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}

/** Of the times of one day, and over midnight: the schedule never comes twice within less. */
export function shortestGapMinutes({ hours, minutes }: Cron): number {
  const times = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
  const first = times[0] ?? 0;
  const gaps = times.map((time, index) => (times[index + 1] ?? first + 24 * 60) - time);
  return Math.min(...gaps);
}
