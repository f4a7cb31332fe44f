import { beforeAll, describe, expect, test } from 'vitest';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { Standing } from './support/standing.ts';

const load = useMirror();

describe('keys', { timeout: 60_000 }, () => {
  let standing: Standing;
  beforeAll(async () => {
    standing = new Standing(await load('one-control-plane-two-workers.yaml'));
    await standing.init();
  }, 60_000);

  test('are in nothing that is shown, whatever is asked to be shown', () => {
    const { events = [], hidden = [] } = standing.session ?? {};
    const keys = [...hidden, ...[...standing.state.files].flatMap(([name, text]) => (/\.(key|yaml)$/.test(name) ? [text] : []))];
    expect(keys.length).toBeGreaterThan(5);
    const shown = JSON.stringify(events);
    const told = keys
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.length > 40 && !line.startsWith('---') && shown.includes(line));
    expect(told).toEqual([]);
  });

  test('can be read by nobody else on a host, nor can what holds them', () => {
    const secret = /\.key$|\.conf$|encryption-config/;
    for (const { machine, node } of standing.model.hosts.values()) {
      const found = [...machine.files].filter(([path]) => path.startsWith('/etc/') && secret.test(path) && !path.endsWith('net.d'));
      const readable = found.filter(
        ([path, { mode, type }]) =>
          type === 'file' && /PRIVATE KEY|client-key-data|secret:/.test(machine.texts.get(path) ?? '') && (mode & 0o077) !== 0,
      );
      expect([node, found.length > 0, readable.map(([path]) => path)]).toEqual([node, true, []]);
    }
  });
});
