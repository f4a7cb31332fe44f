/** One line of the tree with what is under way below it. */
export interface Row {
  readonly id: string;
  readonly title: string;
  /** Shown below the title while running. */
  readonly lines: readonly string[];
  readonly state: 'running' | 'done' | 'failed' | 'stopped';
}
