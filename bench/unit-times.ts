/** When a unit of a host was started and when systemd called it active, in ms since 1970. */
export interface UnitTime {
  readonly host: string;
  /** Without `.service`. */
  readonly unit: string;
  readonly startMs: number;
  readonly activeMs: number;
  /** When it was told to end before that start; absent: it was not. */
  readonly stopMs?: number;
  /** The times are those of the last start. */
  readonly restarts: number;
}

export const timedUnits = [
  'etcd',
  'kube-apiserver',
  'kcluster-balancer',
  'kcluster-network',
  'containerd',
  'kubelet',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
] as const;

const properties = ['Id', 'NRestarts', 'ExecMainStartTimestampMonotonic', 'ActiveEnterTimestampMonotonic', 'ActiveExitTimestampMonotonic'];

/** Its output is for `parseUnitTimes`. */
export const unitTimesScript = `systemctl show -p ${properties.join(',')} ${timedUnits.map((unit) => `${unit}.service`).join(' ')}`;

/** When the monotonic clock was 0, in ms since 1970: hosts that share this machine's kernel share both its clocks. */
export function monotonicEpochMs(): number {
  return Date.now() - Number(process.hrtime.bigint()) / 1e6;
}

/** Units that ran, from what systemctl shows; microseconds of the monotonic clock there. */
export function parseUnitTimes(host: string, shown: string, epochMs: number): readonly UnitTime[] {
  return shown.split(/\n\n+/).flatMap((block) => {
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
    const at = (name: string): number => Number(fields.get(name) ?? 0);
    const startedUs = at('ExecMainStartTimestampMonotonic');
    if (startedUs === 0) return [];
    const unit = (fields.get('Id') ?? '').replace(/\.service$/, '');
    const activeMs = epochMs + at('ActiveEnterTimestampMonotonic') / 1000;
    const stoppedUs = at('ActiveExitTimestampMonotonic');
    const stop = stoppedUs === 0 ? {} : { stopMs: epochMs + stoppedUs / 1000 };
    return [{ host, unit, startMs: epochMs + startedUs / 1000, activeMs, ...stop, restarts: at('NRestarts') }];
  });
}
