/** Where etcd's data is or will be. */
const dataDirectory = '/var/lib/etcd';
const writes = 300;
/** As large as the entries that etcd's authors measure disks with. */
const writeBytes = 2300;

/** How long the disk takes until a small write is safe. */
export interface DiskLatency {
  /** 99 of 100 writes are not slower. */
  readonly p99Ms: number;
  /** `etcd`: as the running member measured it since its start. */
  readonly by: 'etcd' | 'test';
}

/** sh that prints how long the syncs of the running etcd took, as `bucket<TAB>seconds<TAB>count`; nothing where none runs. */
export const fsyncCommand = `curl -s --noproxy '*' -m 3 http://127.0.0.1:2381/metrics 2>/dev/null | sed -n 's/^etcd_disk_wal_fsync_duration_seconds_bucket{le="\\([^"]*\\)"} /bucket\\t\\1\\t/p'`;

/**
 * Asks the running etcd; where none runs, writes small pieces into a temporary file on the file system that holds, or will hold,
 * etcd's data, each safe before the next, over room that is there already: as etcd writes its log. At most 5 s.
 */
export const diskScript = `export LC_ALL=C
m=$(${fsyncCommand})
if [ -n "$m" ]; then printf '%s\\n' "$m"; exit 0; fi
d=${dataDirectory}; while [ ! -d "$d" ]; do d=\${d%/*}; [ -n "$d" ] || d=/; done
f=$(mktemp "$d/.kcluster-latency.XXXXXX") || exit 0
trap 'rm -f "$f"' EXIT; trap 'exit 1' INT TERM HUP PIPE
dd if=/dev/zero of="$f" bs=${writeBytes} count=${writes} conv=fsync 2>/dev/null || exit 0
timeout 5 /bin/sh -c 'i=0; while [ "$i" -lt ${writes} ]; do dd if=/dev/zero of="$1" bs=${writeBytes} count=1 seek="$i" oflag=dsync conv=notrunc 2>&1; i=$((i + 1)); done' sh "$f" |
  sed -n 's/.* copied, \\([0-9.e-]*\\) s,.*/write\\t\\1/p'
exit 0
`;

/** Within the bucket that holds the 99th percentile, in the manner of Prometheus. @param buckets upper bound in seconds, count up to it */
function p99OfBuckets(buckets: readonly (readonly [number, number])[]): number | undefined {
  const sorted = buckets.toSorted(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  const at = sorted.findIndex(([, count]) => count >= 0.99 * total);
  const [bound, count] = sorted[at] ?? [0, 0];
  if (total === 0) return undefined;
  const [below, before] = sorted[at - 1] ?? [0, 0];
  if (bound === Number.POSITIVE_INFINITY) return below * 1000;
  return (below + ((bound - below) * (0.99 * total - before)) / (count - before)) * 1000;
}

/** Reads what `diskScript` printed; undefined when nothing could be measured. */
export function readDiskLatency(stdout: string): DiskLatency | undefined {
  const lines = stdout.split('\n').map((line) => line.split('\t'));
  const numberOf = (text = ''): number => (text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text));
  const buckets = lines.filter(([tag]) => tag === 'bucket').map(([, bound, count]) => [numberOf(bound), numberOf(count)] as const);
  const ofEtcd = p99OfBuckets(buckets);
  if (ofEtcd !== undefined) return { p99Ms: ofEtcd, by: 'etcd' };
  const seconds = lines.filter(([tag]) => tag === 'write').map(([, text]) => numberOf(text));
  const p99 = seconds.toSorted((a, b) => a - b)[Math.ceil(seconds.length * 0.99) - 1];
  return p99 === undefined ? undefined : { p99Ms: p99 * 1000, by: 'test' };
}
