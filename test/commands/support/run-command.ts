import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Command, Config } from '@oclif/core';
import { vi } from 'vitest';
import { describeFailure } from '../../../src/ui/print-error.ts';

const config = await Config.load(fileURLToPath(new URL('../../..', import.meta.url)));

export interface CommandRun {
  readonly out: string;
  readonly err: string;
  /** What the process would end with. */
  readonly code: number;
}

/** The part of a command class that is needed to run it. */
export interface Runnable {
  new (argv: string[], config: Config): { run(): Promise<unknown> };
}

/** Runs a command as the program would, short of ending the process. */
export async function runCommand(command: Runnable, ...argv: readonly string[]): Promise<CommandRun> {
  let [out, err] = ['', ''];
  const toOut = (text: unknown) => {
    out += String(text);
    return true;
  };
  const toErr = (text: unknown) => {
    err += String(text);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(toOut),
    vi.spyOn(process.stderr, 'write').mockImplementation(toErr),
    vi.spyOn(Command.prototype, 'log').mockImplementation((text = '') => void toOut(`${text}\n`)),
    vi.spyOn(Command.prototype, 'logToStderr').mockImplementation((text = '') => void toErr(`${text}\n`)),
  ];
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await new command([...argv], config).run();
    return { out, err, code: Number(process.exitCode ?? 0) };
  } catch (error) {
    const { text, exitCode } = describeFailure(error, { debug: false });
    return { out, err: err + text, code: exitCode };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}
