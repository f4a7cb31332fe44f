import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { standardOutput } from '../../src/ui/standard-output.ts';

class FakeStream extends EventEmitter {
  readonly written: string[] = [];
  readonly isTTY: boolean | undefined;
  readonly columns: number | undefined;
  readonly rows: number | undefined;

  constructor(facts: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
    super();
    this.isTTY = facts.isTTY;
    this.columns = facts.columns;
    this.rows = facts.rows;
  }

  write(text: string): boolean {
    this.written.push(text);
    return true;
  }

  hasColors(): boolean {
    return true;
  }
}

const asStream = (stream: FakeStream): WriteStream => stream as unknown as WriteStream;
const brokenPipe = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a reader that goes away', () => {
  test('is told once, and what follows is dropped', () => {
    const stream = new FakeStream();
    const output = standardOutput(asStream(stream), []);
    output.write('one\n');
    expect(output.closed.aborted).toBe(false);
    stream.emit('error', brokenPipe);
    output.write('two\n');
    expect(output.closed.aborted).toBe(true);
    expect(stream.written).toEqual(['one\n']);
  });

  test('other errors are not swallowed', () => {
    const stream = new FakeStream();
    standardOutput(asStream(stream), []);
    expect(() => stream.emit('error', Object.assign(new Error('no space'), { code: 'ENOSPC' }))).toThrow('no space');
  });

  test('one stream, one listener', () => {
    const stream = new FakeStream();
    expect(standardOutput(asStream(stream), [])).toBe(standardOutput(asStream(stream), []));
    expect(stream.listenerCount('error')).toBe(1);
  });

  test('a real process piped into head ends well', () => {
    const script = `
      import { standardOutput } from ${JSON.stringify(new URL('../../src/ui/standard-output.ts', import.meta.url).href)};
      const out = standardOutput();
      const more = () => { if (out.closed.aborted) return; for (let i = 0; i < 500; i++) out.write('line\\n'); setImmediate(more); };
      more();
    `;
    const command = `set -o pipefail; "$NODE" --input-type=module -e "$SCRIPT" | head -n 1`;
    const result = spawnSync('bash', ['-c', command], {
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath, SCRIPT: script },
      timeout: 20_000,
    });
    expect(result).toMatchObject({ status: 0, stdout: 'line\n', stderr: '' });
  });
});

describe('what the terminal can do', () => {
  test('follows the terminal, and has a size without one', () => {
    expect(standardOutput(asStream(new FakeStream({ isTTY: true, columns: 120, rows: 50 })), [])).toMatchObject({
      isTTY: true,
      columns: 120,
      rows: 50,
    });
    expect(standardOutput(asStream(new FakeStream()), [])).toMatchObject({ isTTY: false, columns: 80, rows: 24 });
  });

  test.each([
    { isTTY: true, argv: [], env: {}, colors: true },
    { isTTY: true, argv: ['--no-color'], env: {}, colors: false },
    { isTTY: true, argv: [], env: { NO_COLOR: '1' }, colors: false },
    { isTTY: true, argv: [], env: { NO_COLOR: '' }, colors: true },
    { isTTY: false, argv: [], env: {}, colors: false },
    { isTTY: false, argv: [], env: { FORCE_COLOR: '1' }, colors: true },
    { isTTY: false, argv: [], env: { FORCE_COLOR: '0' }, colors: false },
    { isTTY: true, argv: ['--no-color'], env: { FORCE_COLOR: '1' }, colors: false },
  ])('terminal $isTTY, $argv, $env: colours $colors', ({ isTTY, argv, env, colors }) => {
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', undefined);
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect(standardOutput(asStream(new FakeStream({ isTTY })), argv).colors).toBe(colors);
  });
});
