import { canonicalAddress } from '../cluster/cidr.ts';
import type { Width } from './path.ts';

export interface PortAnswer {
  readonly result: 'reached' | 'refused' | 'silent';
  readonly connectMs?: number;
  /** As the test's listener saw it. */
  readonly seen?: string;
  /** As the connecting host saw it. */
  readonly own?: string;
}

/** What one host answered to `writeConnectScript`; keys are `address port` and addresses. */
export interface PathAnswers {
  readonly addresses: ReadonlySet<string>;
  readonly ports: ReadonlyMap<string, PortAnswer>;
  readonly widths: ReadonlyMap<string, Width>;
}

/** curl's exit status for an attempt that took too long. */
const timedOut = '28';

/** `10.0.0.1:4711`, `[2001:db8::1]:4711`, with or without a zone. */
function addressOf(socket: string): string {
  const host = socket.replace(/:\d+$/, '').replace(/^\[/, '').replace(/\]$/, '');
  return canonicalAddress(host.replace(/%.*$/, ''));
}

function readPort(code: string, timing: string, seen: string): PortAnswer {
  const [seconds = '', own = ''] = timing.split(' ');
  // curl knows its own address only once the connection came about, whatever was said on it then.
  if (own === '') return { result: code === timedOut ? 'silent' : 'refused' };
  const connectMs = Number(seconds) * 1000;
  return {
    result: 'reached',
    ...(connectMs > 0 ? { connectMs } : {}),
    own: canonicalAddress(own),
    ...(seen === '' ? {} : { seen: addressOf(seen) }),
  };
}

/** Of several attempts the one that got furthest, then the fastest. */
function better(one: PortAnswer | undefined, other: PortAnswer): PortAnswer {
  if (one?.result !== 'reached') return other;
  if (other.result !== 'reached') return one;
  return (other.connectMs ?? Number.POSITIVE_INFINITY) < (one.connectMs ?? Number.POSITIVE_INFINITY)
    ? { ...one, ...other }
    : { ...other, ...one };
}

interface Measures {
  mtu?: number;
  passes?: number;
  told?: boolean;
  bulk?: string;
}

function widthOf({ mtu, passes, told, bulk }: Measures): Width | undefined {
  if (mtu === undefined) return undefined;
  const known = { interfaceMTU: mtu, ...(passes === undefined ? {} : { passes }) };
  if (bulk === 'lost') return { ...known, lost: 'silently' };
  if (passes === undefined || passes >= mtu) return known;
  return { ...known, lost: told === true ? 'told' : 'silently' };
}

/** Reads what the script of `writeConnectScript` printed. */
export function readPathAnswers(stdout: string): PathAnswers {
  const addresses = new Set<string>();
  const ports = new Map<string, PortAnswer>();
  const measures = new Map<string, Measures>();
  const measure = (address: string, more: Measures): void => void measures.set(address, { ...measures.get(address), ...more });
  const readers: Readonly<Record<string, (fields: readonly string[]) => void>> = {
    address: ([address = '']) => addresses.add(canonicalAddress(address)),
    reach: ([address = '', port = '', code = '', timing = '', seen = '']) => {
      const key = `${address} ${port}`;
      ports.set(key, better(ports.get(key), readPort(code, timing, seen)));
    },
    mtu: ([address = '', mtu = '']) => measure(address, { mtu: Number(mtu) }),
    passes: ([address = '', bytes = '']) => measure(address, { passes: Math.max(measures.get(address)?.passes ?? 0, Number(bytes)) }),
    told: ([address = '']) => measure(address, { told: true }),
    bulk: ([address = '', bulk = '']) => measure(address, { bulk }),
  };
  for (const line of stdout.split('\n')) {
    const [tag = '', ...fields] = line.split('\t');
    if (Object.hasOwn(readers, tag)) readers[tag]?.(fields);
  }
  const widths = [...measures].flatMap(([address, seen]) => {
    const width = widthOf(seen);
    return width === undefined ? [] : [[address, width] as const];
  });
  return { addresses, ports, widths: new Map(widths) };
}
