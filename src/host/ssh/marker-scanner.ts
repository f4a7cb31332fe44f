const newline = 0x0a;
/** No answer line is longer; more means the host does not speak our framing. */
const maxAnswerBytes = 256;

/**
 * Passes a byte stream on up to an unguessable marker, then returns the rest of the marker's line.
 * Only bytes that may be the marker's beginning are held back, so lines arrive as they come.
 */
export class MarkerScanner {
  readonly #marker: Buffer;
  readonly #onData: (chunk: Buffer) => void;
  #held: Buffer = Buffer.alloc(0);
  #answer: Buffer | undefined;

  constructor(marker: string, onData: (chunk: Buffer) => void) {
    this.#marker = Buffer.from(marker, 'latin1');
    this.#onData = onData;
  }

  /** The text between marker and newline once both are there, else undefined. @throws RangeError when that line does not end */
  push(chunk: Buffer): string | undefined {
    if (this.#answer !== undefined) return this.#readAnswer(chunk);
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const at = bytes.indexOf(this.#marker);
    if (at === -1) {
      const keep = this.#possibleStart(bytes);
      this.#held = keep === 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(bytes.length - keep));
      this.#pass(bytes.subarray(0, bytes.length - keep));
      return undefined;
    }
    this.#pass(bytes.subarray(0, at));
    this.#answer = Buffer.alloc(0);
    return this.#readAnswer(bytes.subarray(at + this.#marker.length));
  }

  #pass(bytes: Buffer): void {
    if (bytes.length > 0) this.#onData(bytes);
  }

  #readAnswer(chunk: Buffer): string | undefined {
    const answer = Buffer.concat([this.#answer ?? Buffer.alloc(0), chunk]);
    const end = answer.indexOf(newline);
    if (end !== -1) return answer.subarray(0, end).toString('latin1').trim();
    if (answer.length > maxAnswerBytes) throw new RangeError('the marker line does not end');
    this.#answer = answer;
    return undefined;
  }

  /** Length of the longest end of `bytes` that begins the marker. */
  #possibleStart(bytes: Buffer): number {
    for (let length = Math.min(bytes.length, this.#marker.length - 1); length > 0; length--) {
      if (bytes.subarray(bytes.length - length).equals(this.#marker.subarray(0, length))) return length;
    }
    return 0;
  }
}
