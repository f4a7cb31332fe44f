/** Takes a stream of chunks apart by length; holds one chunk at a time, and what was asked for. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** At most this much, whatever is there first; undefined at the end. */
  async some(maxBytes: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
    const taken = this.#rest.subarray(0, maxBytes);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Exactly this much. @throws RangeError at an early end */
  async exactly(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let left = bytes;
    while (left > 0) {
      const part = await this.some(left);
      if (part === undefined) throw new RangeError('it ends too early');
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** This much, in pieces. @throws RangeError at an early end */
  async *pieces(bytes: number): AsyncGenerator<Buffer> {
    let left = bytes;
    while (left > 0) {
      const part = await this.some(left);
      if (part === undefined) throw new RangeError('it ends too early');
      left -= part.length;
      yield part;
    }
  }
}
