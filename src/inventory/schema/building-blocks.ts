import { z } from 'zod';
import { quote, suggestion } from '../suggest.ts';
import { type Judge, judgePath } from '../syntax.ts';

/** A text that a judge accepts. */
export function text(description: string, judge: Judge) {
  return z
    .string()
    .superRefine((value, context) => {
      const message = judge(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .describe(description);
}

/** One of a few words; `what` completes "is not …". */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  what: string,
  words: Words,
  description: string,
  notYet: readonly string[] = [],
) {
  return z
    .enum(words, {
      error: ({ input }) => {
        if (input === undefined) return 'is missing';
        if (notYet.includes(String(input))) return `${quote(input)} is not supported yet; choose ${words.map(quote).join(' or ')}`;
        return `${quote(input)} is not ${what}${suggestion(input, words)}`;
      },
    })
    .describe(description);
}

/** A fixed text such as `kind: Inventory`. */
export function exactly<const Word extends string>(word: Word, description: string) {
  return z
    .literal(word, {
      error: ({ input }) => (input === undefined ? 'is missing' : `${quote(input)} is not understood; write ${quote(word)}`),
    })
    .describe(description);
}

/** Separates the known keys in the message of an unknown one; `explain-issues.ts` takes it apart. */
export const keySeparator = ' ';

/** A mapping that knows all its keys; the message of an unknown key is the list of them. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape, description: string) {
  const known = Object.keys(shape).join(keySeparator);
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined) }).describe(description);
}

export function wholeNumber(description: string, minimum: number, maximum: number) {
  return z.int().min(minimum).max(maximum).describe(description);
}

/** One value, or a list of at most `most`. */
export function oneOrMore<Item extends z.ZodType>(item: Item, most: number, description: string) {
  const list = most === 2 ? 'a list of one or two' : 'a list';
  return z.union([item, z.array(item).min(1).max(most)], { error: `must be one value or ${list}` }).describe(description);
}

export const path = (description: string) => text(description, judgePath);
