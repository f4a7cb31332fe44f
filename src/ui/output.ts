/** Where text for people and programs goes: the terminal, a pipe, or a list in a test. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width and height in cells; 80 by 24 when there is no terminal. */
  readonly columns: number;
  readonly rows: number;
  /** Whether colours are wanted and understood. */
  readonly colors: boolean;
  /** Aborted once the reader went away (`| head`): nothing written after that arrives. */
  readonly closed: AbortSignal;
}
