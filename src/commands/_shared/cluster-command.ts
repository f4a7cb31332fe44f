import process from 'node:process';
import { Command, Flags } from '@oclif/core';
import { openSession, type Session } from '../../app/session.ts';
import type { UnknownHost } from '../../host/ssh/host-key-trust.ts';
import { chooseReporter } from '../../ui/choose-reporter.ts';
import { createReporter } from '../../ui/create-reporter.ts';
import { createPaint } from '../../ui/paint.ts';
import type { Reporter } from '../../ui/reporter.ts';
import { standardOutput } from '../../ui/standard-output.ts';
import { interruptSignal } from './interrupt-signal.ts';
import { inventoryFlag } from './inventory-flag.ts';
import { questions } from './questions.ts';

export interface ConnectionFlags {
  readonly inventory: string;
  readonly 'accept-new-host-keys': boolean;
  readonly verbose: boolean;
}

/** What every command that talks to hosts shares: where the inventory is, whom to trust, how to show the run. */
export abstract class ClusterCommand extends Command {
  static override baseFlags = {
    inventory: inventoryFlag,
    'accept-new-host-keys': Flags.boolean({ description: 'trust hosts that are seen for the first time, and remember their keys' }),
    verbose: Flags.boolean({ char: 'v', description: 'say where the log of every remote command is, and count round trips' }),
    'no-color': Flags.boolean({ description: 'no colours' }),
  };

  /** Commands that only read go on without the hosts that cannot be reached. */
  protected readonly tolerant: boolean = false;
  /** Lines even on a terminal: somebody is asked something in between. */
  protected plain = false;

  /** Opens a session, shows what it tells, and closes it whatever happened. @param down nodes that no connection is tried to */
  protected async withSession<T>(
    verb: string,
    flags: ConnectionFlags,
    json: boolean,
    work: (session: Session, reporter: Reporter) => Promise<T>,
    down: readonly string[] = [],
  ): Promise<T> {
    const out = standardOutput(json ? process.stdout : process.stderr);
    const reporter = createReporter(chooseReporter({ json, isTTY: out.isTTY && !this.plain, ci: process.env.CI !== undefined }), out);
    const interrupt = interruptSignal();
    let session: Session | undefined;
    try {
      session = await openSession({
        inventoryFile: flags.inventory,
        verb,
        tolerant: this.tolerant,
        down,
        emit: (event) => reporter.emit(event),
        signal: interrupt.signal,
        questions,
        decideAboutHost: (host) => this.#decide(host, flags),
      });
      return await work(session, reporter);
    } finally {
      interrupt.dispose();
      await reporter.end();
      if (flags.verbose && session !== undefined) this.#showLog(session);
      await session?.close();
    }
  }

  async #decide(host: UnknownHost, flags: ConnectionFlags): Promise<'accept' | 'refuse'> {
    if (!flags['accept-new-host-keys']) return 'refuse';
    this.logToStderr(`${host.node}: trusting ${host.keyType} key ${host.fingerprint} of ${host.host}`);
    return 'accept';
  }

  #showLog(session: Session): void {
    const paint = createPaint(standardOutput(process.stderr).colors);
    for (const [node, host] of session.hosts) this.logToStderr(paint('dim', `${node}: ${host.roundTrips} round trips`));
    this.logToStderr(paint('dim', `every remote command: ${session.logFile}`));
  }
}
