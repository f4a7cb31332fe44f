import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Harness } from './harness.ts';
import { isAlive, waitFor } from './wait-for.ts';

test('lines come as they are written, the status at the end', async () => {
  await using harness = await Harness.create();
  const { host } = await harness.host();
  const gate = join(harness.directory, 'gate');
  const lines: string[] = [];
  const following = host.follow(
    `echo first; printf 'gr\\303'; while [ ! -e ${gate} ]; do sleep 0.02; done; printf '\\266\\303\\237e\\nlast'; exit 7`,
    (line) => lines.push(line),
  );
  await waitFor(() => lines.length === 1);
  expect(lines).toEqual(['first']);
  await host.run(`touch ${gate}`);
  expect(await following).toBe(7);
  expect(lines).toEqual(['first', 'größe', 'last']);
  expect(host.roundTrips).toBe(2);
});

test('the signal ends it, and what it ran', async () => {
  await using harness = await Harness.create();
  const { host } = await harness.host();
  const pidFile = join(harness.directory, 'pid');
  const stop = new AbortController();
  const following = host.follow(`sh -c 'echo $$ >${pidFile}; echo up; exec sleep 60'`, () => stop.abort(), stop.signal);
  expect(await following).toBe(143);
  const pid = Number(await readFile(pidFile, 'utf8'));
  await waitFor(() => !isAlive(pid));
});

test('what is followed dies with the connection, even if it ignores TERM', async () => {
  await using harness = await Harness.create();
  const { host, server } = await harness.host();
  const pidFile = join(harness.directory, 'pid');
  const following = host.follow(
    `trap '' TERM; sh -c 'echo $$ >${pidFile}.new; mv ${pidFile}.new ${pidFile}; while :; do sleep 1; done'`,
    () => undefined,
  );
  await waitFor(() => existsSync(pidFile));
  server.cut();
  await expect(following).rejects.toMatchObject({ name: 'ConnectionLostError' });
  const pid = Number(await readFile(pidFile, 'utf8'));
  await waitFor(() => !isAlive(pid));
});

test('a run lock taken by flock is free again as soon as its holder is cut off', async () => {
  await using harness = await Harness.create();
  const { host, server } = await harness.host();
  const lock = join(harness.directory, 'lock');
  const lines: string[] = [];
  const holding = host.follow(`exec 9>${lock}; flock -n 9 || exit 1; echo held; sleep 60`, (line) => lines.push(line));
  await waitFor(() => lines.length === 1);
  expect(await host.run(`flock -n ${lock} true`)).toMatchObject({ code: 1 });
  server.cut();
  await expect(holding).rejects.toMatchObject({ name: 'ConnectionLostError' });
  await waitFor(async () => (await host.run(`flock -n ${lock} true`)).code === 0);
});

test('follows leave room for commands, and end cleanly one after the other', async () => {
  await using harness = await Harness.create();
  const { host, server } = await harness.host();
  const statuses = await Promise.all(Array.from({ length: 6 }, (_, index) => host.follow(`exit ${index}`, () => undefined)));
  expect(statuses).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await host.run('echo next')).toMatchObject({ stdout: 'next\n' });
  expect(server.mostSessions()).toBeLessThanOrEqual(8);
});

test('a listener that throws ends the follow with its error', async () => {
  await using harness = await Harness.create();
  const { host } = await harness.host();
  const following = host.follow('echo a; sleep 60', () => {
    throw new RangeError('bad line');
  });
  await expect(following).rejects.toMatchObject({ message: expect.stringContaining('bad line') });
});
