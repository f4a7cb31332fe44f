/** The port through which everything reaches a node's operating system. Adapters live beside it; the engine sees only this. */

export interface RunResult {
  /** Exit status of the script. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What the run log calls it. */
  readonly title?: string;
  /** Given to the script on standard input; absent: /dev/null. */
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** After this long the command is given up and the connection counted as lost. */
  readonly timeoutMs?: number;
}

export interface Upload {
  /** Local file to send. */
  readonly source: string;
  /** Absolute path on the host; appears under this name only when whole and verified. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** For example 0o755. */
  readonly mode: number;
}

export interface Download {
  /** Absolute path on the host. */
  readonly path: string;
  /** Local file; appears under this name, with mode 0600, only when whole and verified. Its directory is made 0700. */
  readonly target: string;
  /** What it must have, where that is known. */
  readonly sizeBytes?: number;
  readonly sha256?: string;
}

/** What a download turned out to be. */
export interface Downloaded {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * The live connection to one node, as root.
 *
 * `run` costs one round trip and resolves with any exit status; it rejects only when the outcome is unknown
 * (ConnectionLostError), the wait was aborted (InterruptedError) or timed out (ConnectionLostError).
 * Several calls may be under way at once; an adapter bounds its own channels.
 */
export interface Host {
  readonly node: string;
  /** Runs a POSIX sh script; standard input is empty unless given. */
  run(script: string, options?: RunOptions): Promise<RunResult>;
  /** Streams a file, verifies its sha256 on arrival and renames it into place; parents are made 0755. @throws ArtifactError */
  upload(file: Upload, onProgress?: (sentBytes: number) => void, signal?: AbortSignal): Promise<void>;
  /** Streams a file of the host into a local one; memory stays the same whatever its size. @throws ArtifactError, StoppedError, ConfigurationError */
  download(file: Download, onProgress?: (receivedBytes: number) => void, signal?: AbortSignal): Promise<Downloaded>;
  /** Runs a script whose lines are wanted as they come, until it ends or the signal aborts; resolves with its exit status. */
  follow(script: string, onLine: (line: string) => void, signal?: AbortSignal): Promise<number>;
  /** Remote commands so far: each `run`, `upload`, `download` and `follow` counts one. */
  readonly roundTrips: number;
  close(): Promise<void>;
}
