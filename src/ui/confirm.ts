import process from 'node:process';
import { createInterface } from 'node:readline';
import { InterruptedError, UnconfirmedError } from '../errors.ts';

export interface Questioner {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

const remedy = 'Give --yes to go on without a question.';

/** Asks on the terminal and resolves on yes. @throws UnconfirmedError without a terminal, an answer or a yes; InterruptedError on Ctrl-C */
export async function confirm(
  question: string,
  { input, output }: Questioner = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (input.isTTY !== true) throw new UnconfirmedError(`not confirmed: there is no terminal to ask "${question}"`, { remedy });
  const answer = await ask(`${question} [y/N] `, { input, output });
  if (answer === undefined) throw new UnconfirmedError(`not confirmed: no answer to "${question}"`, { remedy });
  if (!/^y(es)?$/iu.test(answer.trim())) throw new UnconfirmedError('not confirmed: nothing was changed', { remedy });
}

function ask(prompt: string, { input, output }: Questioner): Promise<string | undefined> {
  const lines = createInterface({ input, output });
  return new Promise<string | undefined>((resolve, reject) => {
    lines.once('SIGINT', () => reject(new InterruptedError('interrupted at the question: nothing was changed')));
    lines.once('close', () => resolve(undefined));
    lines.question(prompt, resolve);
  }).finally(() => lines.close());
}
