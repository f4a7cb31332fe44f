import { CST, Lexer } from 'yaml';

export const maxInventoryBytes = 1024 * 1024;
export const maxNesting = 64;

export interface Excess {
  /** Where in the text. */
  readonly offset: number;
  readonly message: string;
}

type TokenType = ReturnType<typeof CST.tokenType>;

/** Follows how deep tokens nest, without recursion: the parser behind it recurses. */
class Nesting {
  #flow = 0;
  #column = 0;
  /** Where the key or item that may come next begins; undefined between lines and after an indicator. */
  #keyColumn: number | undefined;
  #blocks: number[] = [];

  get depth(): number {
    return this.#flow + this.#blocks.length;
  }

  take(token: string, type: TokenType): void {
    if (type !== 'newline' && type !== 'space') this.#measure(type);
    const lastBreak = token.lastIndexOf('\n');
    if (lastBreak !== -1) this.#keyColumn = undefined;
    this.#column = lastBreak === -1 ? this.#column + token.length : token.length - lastBreak - 1;
  }

  #measure(type: TokenType): void {
    if (type === 'flow-seq-start' || type === 'flow-map-start') this.#flow += 1;
    if (type === 'flow-seq-end' || type === 'flow-map-end') this.#flow = Math.max(0, this.#flow - 1);
    if (this.#flow > 0) return;
    this.#keyColumn ??= this.#column;
    if (type === 'map-value-ind') this.#enterBlock(this.#keyColumn);
    if (type === 'seq-item-ind' || type === 'explicit-key-ind') {
      this.#enterBlock(this.#column);
      this.#keyColumn = undefined;
    }
  }

  #enterBlock(column: number): void {
    while ((this.#blocks.at(-1) ?? -1) >= column) this.#blocks.pop();
    this.#blocks.push(column);
  }
}

function nestingExcess(text: string): Excess | undefined {
  const nesting = new Nesting();
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    // Control tokens of the lexer stand for no text.
    if (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end') continue;
    nesting.take(token, type);
    if (nesting.depth > maxNesting) return { offset, message: `brackets or indentation nest deeper than ${maxNesting} levels here` };
    offset += token.length;
  }
  return undefined;
}

/** Size and nesting of a text, judged before it is parsed; undefined when it is harmless. */
export function scanLimits(text: string): Excess | undefined {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > maxInventoryBytes) {
    return { offset: 0, message: `the inventory is ${sizeBytes} bytes long; at most ${maxInventoryBytes} are read` };
  }
  const nul = text.indexOf('\0');
  if (nul !== -1) return { offset: nul, message: 'there is a NUL byte here; an inventory is plain UTF-8 text' };
  return nestingExcess(text);
}
