import { describe, expect, test } from 'vitest';
import { createRenderer } from '../../src/render/templates.ts';

const rendererOf = (text: string) => createRenderer(() => text);

describe('createRenderer', () => {
  test('leaves the text as it is, without entities', () => {
    expect(rendererOf('--a={{value}}\n')('x', { value: '<a href="b">&=' })).toBe('--a=<a href="b">&=\n');
  });

  test('a missing value is an error, never an empty string', () => {
    expect(() => rendererOf('{{missing}}')('x', { other: 1 })).toThrow(/missing/);
  });

  test('a helper that does not exist is an error', () => {
    expect(() => rendererOf('{{quote value}}')('x', { value: 'a' })).toThrow();
  });

  test('helpers quote for systemd', () => {
    const text = 'Description={{text name}}\n{{#each env}}\nEnvironment={{assignment @key this}}\n{{/each}}';
    expect(rendererOf(text)('x', { name: '50%', env: { A: 'b c' } })).toBe('Description=50%%\nEnvironment="A=b c"\n');
  });

  test('reads a template once', () => {
    const names: string[] = [];
    const render = createRenderer((name) => {
      names.push(name);
      return '{{v}}';
    });
    expect([render('a', { v: 1 }), render('a', { v: 2 }), render('b', { v: 3 })]).toEqual(['1', '2', '3']);
    expect(names).toEqual(['a', 'b']);
  });
});
