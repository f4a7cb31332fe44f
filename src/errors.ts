/** Every error class and exit code on one screen; `docs/reference` repeats this table. */

export const exitCodes = {
  done: 0,
  internal: 1,
  configuration: 2,
  preflight: 3,
  unreachable: 4,
  stopped: 5,
  locked: 6,
  artifact: 7,
  refused: 8,
  unconfirmed: 9,
  drift: 10,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface ErrorDetails {
  /** Node the fact is about. */
  readonly node?: string;
  /** What to do about it, one imperative sentence. */
  readonly remedy?: string;
  /** Full output of a failed command; shown apart from the message. */
  readonly output?: string;
  readonly cause?: unknown;
  /** The single failures behind an error that collects several. */
  readonly failures?: readonly KclusterError[];
}

/** Base of all expected failures: says the node, the fact, and what to do; `exitCode` is part of the contract. */
export abstract class KclusterError extends Error {
  abstract readonly exitCode: ExitCode;
  readonly details: ErrorDetails;

  constructor(message: string, details: ErrorDetails = {}) {
    super(details.node === undefined ? message : `${details.node}: ${message}`, { cause: details.cause });
    this.name = new.target.name;
    this.details = details;
  }
}

/** A defect of kcluster itself. */
export class InternalError extends KclusterError {
  override readonly exitCode = exitCodes.internal;
}
/** The inventory, a flag or a local file is wrong; nothing was contacted. */
export class ConfigurationError extends KclusterError {
  override readonly exitCode = exitCodes.configuration;
}
/** Preflight checks failed; nothing was changed. */
export class PreflightError extends KclusterError {
  override readonly exitCode = exitCodes.preflight;
}
/** Host unreachable, authentication refused or host key not trusted. */
export class UnreachableError extends KclusterError {
  override readonly exitCode = exitCodes.unreachable;
}
/** The connection broke while a command ran: its outcome is unknown. */
export class ConnectionLostError extends KclusterError {
  override readonly exitCode = exitCodes.unreachable;
}
/** Stopped part-way; running again goes on. */
export class StoppedError extends KclusterError {
  override readonly exitCode = exitCodes.stopped;
}
/** Another run holds the lock. */
export class LockedError extends KclusterError {
  override readonly exitCode = exitCodes.locked;
}
/** An artifact is missing or its checksum is wrong. */
export class ArtifactError extends KclusterError {
  override readonly exitCode = exitCodes.artifact;
}
/** Refused for safety: quorum, skew, data, or a host that moved since the plan. */
export class RefusedError extends KclusterError {
  override readonly exitCode = exitCodes.refused;
}
/** A confirmation was needed and not given. */
export class UnconfirmedError extends KclusterError {
  override readonly exitCode = exitCodes.unconfirmed;
}
/** `diff` or `plan --detailed-exitcode` found differences. */
export class DriftFound extends KclusterError {
  override readonly exitCode = exitCodes.drift;
}
/** Ctrl-C or SIGTERM. */
export class InterruptedError extends KclusterError {
  override readonly exitCode = exitCodes.interrupted;
}
