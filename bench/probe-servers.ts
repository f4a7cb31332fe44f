import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { type FreshLab, fileOfHost } from './lab-host.ts';
import type { Probe, ProbeLog } from './probe-log.ts';

const intervalMs = 100;
/** Longer than any answer of a server that works takes here. */
const timeoutMs = 1_000;

/** A connection of its own each time, as a balancer's checks have it: one that is open already says nothing about new ones. */
function ask(host: string, ca: Buffer): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ agent: false, ca, host, port: 6443, path: '/readyz' }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
      answer.on('error', () => resolve(undefined));
    });
    const timer = setTimeout(() => asked.destroy(), timeoutMs);
    asked.on('error', () => resolve(undefined));
    asked.on('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    asked.end();
  });
}

async function probeServer(host: string, ca: Buffer, signal: AbortSignal): Promise<readonly Probe[]> {
  const probes: Probe[] = [];
  while (!signal.aborted) {
    const askedAtMs = Date.now();
    const status = await ask(host, ca);
    const endedAtMs = Date.now();
    probes.push({ askedAtMs, endedAtMs, ...(status === undefined ? {} : { status }) });
    await delay(Math.max(0, askedAtMs + intervalMs - endedAtMs), undefined, { signal }).catch(() => undefined);
  }
  return probes;
}

/** Asks every API server of a cluster about ten times a second while work is done. */
export async function whileProbing<T>(lab: FreshLab, outer: AbortSignal, work: () => Promise<T>): Promise<readonly [T, ProbeLog]> {
  const servers = lab.machines.filter(({ roles }) => roles.includes('control-plane'));
  const probing = new AbortController();
  const signal = AbortSignal.any([outer, probing.signal]);
  const logs = servers.map(async ({ name, address }) => {
    const ca = await readFile(fileOfHost(lab.name, name, '/etc/kubernetes/pki/ca.crt'));
    return [name, await probeServer(address, ca, signal)] as const;
  });
  try {
    const result = await work();
    probing.abort();
    return [result, new Map(await Promise.all(logs))];
  } finally {
    probing.abort();
    await Promise.allSettled(logs);
  }
}
