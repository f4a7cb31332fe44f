import { StringDecoder } from 'node:string_decoder';

/** A stream's bytes up to a bound that several streams share. */
export class OutputBudget {
  #leftBytes: number;
  readonly #onExceeded: () => void;

  constructor(maxBytes: number, onExceeded: () => void) {
    this.#leftBytes = maxBytes;
    this.#onExceeded = onExceeded;
  }

  /** False once the bound is passed; the caller keeps nothing more. */
  take(bytes: number): boolean {
    const wasOpen = this.#leftBytes >= 0;
    this.#leftBytes -= bytes;
    if (this.#leftBytes >= 0) return true;
    if (wasOpen) this.#onExceeded();
    return false;
  }
}

export class OutputCollector {
  readonly #budget: OutputBudget;
  readonly #chunks: Buffer[] = [];
  #sizeBytes = 0;

  constructor(budget: OutputBudget) {
    this.#budget = budget;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** ssh2 reuses no buffers, so chunks are kept as they are. */
  add(chunk: Buffer): void {
    this.#sizeBytes += chunk.length;
    if (this.#budget.take(chunk.length)) this.#chunks.push(chunk);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** A line longer than this is handed on in pieces. */
const maxLineLength = 1024 * 1024;

/** Cuts a byte stream into lines as they come. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    if (this.#rest.length > maxLineLength) this.end();
  }

  /** Hands on a last line without newline. */
  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }
}
