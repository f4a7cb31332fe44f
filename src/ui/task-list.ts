import { Writable } from 'node:stream';
import {
  DefaultRenderer,
  Listr,
  ListrDefaultRendererLogLevels,
  ListrLogger,
  type ListrTask,
  type ListrTaskWrapper,
  ProcessOutput,
} from 'listr2';
import type { Output } from './output.ts';
import { createPaint, type Style } from './paint.ts';
import type { Row } from './row.ts';

/** listr2 looks at process.stdout before it draws; here the caller has decided. */
class TreeRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

type Handle = ListrTaskWrapper<unknown, typeof TreeRenderer, typeof TreeRenderer>;

const iconStyles = {
  [ListrDefaultRendererLogLevels.PENDING]: 'cyan',
  [ListrDefaultRendererLogLevels.COMPLETED]: 'green',
  [ListrDefaultRendererLogLevels.FAILED]: 'red',
  [ListrDefaultRendererLogLevels.SKIPPED_WITH_COLLAPSE]: 'yellow',
  [ListrDefaultRendererLogLevels.OUTPUT]: 'dim',
} as const satisfies { [level: string]: Style };

/** Rows that move until each is over (a row without a title shows its lines at the bottom), drawn by listr2, which schedules nothing: every task is a promise that a row resolves. */
export class TaskList {
  private readonly out: Output;
  private readonly rows = new Map<string, Row>();
  private readonly handles = new Map<string, Handle>();
  private readonly ends = new Map<string, PromiseWithResolvers<void>>();

  constructor(out: Output, rows: readonly Row[]) {
    this.out = out;
    for (const row of rows) {
      this.rows.set(row.id, row);
      this.ends.set(row.id, Promise.withResolvers());
    }
  }

  /** New states of rows given at the start; others are ignored, and a row that is over stays as it is. */
  update(rows: readonly Row[]): void {
    for (const row of rows) {
      const known = this.rows.get(row.id);
      if (known === undefined || known.state !== 'running') continue;
      this.rows.set(row.id, row);
      this.show(row);
    }
  }

  /** Draws until every row is over. */
  async run(): Promise<void> {
    const tasks = [...this.rows.values()].map((row): ListrTask<unknown, typeof TreeRenderer, typeof TreeRenderer> => {
      const task = (_context: unknown, handle: Handle) => this.follow(row.id, handle);
      return row.title === '' ? { task } : { title: row.title, task };
    });
    const screen = new ProcessOutput(
      asStream(this.out),
      asStream(this.out, () => undefined),
    );
    const paint = createPaint(this.out.colors);
    const color = Object.fromEntries(
      Object.values(ListrDefaultRendererLogLevels).map((level) => {
        const style = (iconStyles as { readonly [level: string]: Style })[level];
        return [level, (text = '') => (style === undefined ? text : paint(style, text))];
      }),
    );
    await new Listr(tasks, {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: TreeRenderer,
      rendererOptions: {
        color,
        formatOutput: 'truncate',
        logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput: screen }),
      },
    }).run();
  }

  private follow(id: string, handle: Handle): Promise<void> | undefined {
    this.handles.set(id, handle);
    const row = this.rows.get(id);
    if (row !== undefined) this.show(row);
    return this.ends.get(id)?.promise;
  }

  private show(row: Row): void {
    const handle = this.handles.get(row.id);
    if (handle === undefined) return;
    if ((handle.title ?? '') !== row.title) handle.title = row.title;
    const output = row.lines.join('\n');
    if (row.state === 'running' && (handle.output ?? '') !== output) handle.output = output;
    const end = this.ends.get(row.id);
    if (row.state === 'done') end?.resolve();
    if (row.state === 'failed') end?.reject(new Error(row.title));
    if (row.state === 'stopped') {
      handle.skip(row.title);
      end?.resolve();
    }
  }
}

function asStream(out: Output, write: (text: string) => void = (text) => out.write(text)): NodeJS.WriteStream {
  const stream = new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      write(String(text));
      done();
    },
  });
  Object.defineProperties(stream, { isTTY: { value: out.isTTY }, columns: { get: () => out.columns }, rows: { get: () => out.rows } });
  return stream as unknown as NodeJS.WriteStream;
}
