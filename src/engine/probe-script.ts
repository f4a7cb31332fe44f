import { shellQuote } from '../render/shell-quote.ts';
import { stringifyYaml } from '../render/yaml.ts';
import { fsyncCommand } from './disk-latency.ts';
import { writeEndpoint } from './endpoint-probe.ts';
import { writeEtcdThrough, writeOwnEtcd } from './etcd-probe.ts';
import { writeGivenEtcd } from './given-etcd-probe.ts';
import { hostPaths, runningPrograms } from './host-paths.ts';
import { podTemplates } from './kube-pods.ts';
import { writeDeprecatedApis, writeKubeUpgrade } from './kube-upgrade-probe.ts';
import type { KubeReference, Probe } from './probe.ts';

type ProbeOf<K extends Probe['kind']> = Extract<Probe, { kind: K }>;
/** Turns all probes of one kind into one piece of sh; every answer is a line `<tag>\t…` on standard output. */
type Writers = { readonly [K in Probe['kind']]: (probes: readonly ProbeOf<K>[]) => string };

const words = (list: readonly string[]): string => list.map(shellQuote).join(' ');

const moduleWitness: Readonly<Record<string, string>> = {
  br_netfilter: '/proc/sys/net/bridge/bridge-nf-call-iptables',
  nf_conntrack: '/proc/sys/net/netfilter/nf_conntrack_max',
};

function writeModule({ name }: ProbeOf<'module'>): string {
  const witness = moduleWitness[name] ?? `/sys/module/${name}`;
  return `if [ -e /sys/module/${name} ] || [ -e ${witness} ] || grep -qw ${name} /proc/filesystems || grep -q "/${name}\\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null; then printf 'module\\t%s\\n' ${name}; fi`;
}

/** Size and time of files, and the record made when they were verified. */
function writeVerified(paths: string): string {
  return `for p in ${paths}; do [ -f "$p" ] && { r=; read -r r <"\${p%/*}/.\${p##*/}.verified" 2>/dev/null; printf 'binary\\t%s\\t%s\\t%s\\n' "$p" "$(stat -c '%s %Y' -- "$p")" "$r"; }; done 2>/dev/null`;
}

function writeHealth({ url, caFile }: ProbeOf<'health'>, index: number): string {
  const trust = caFile === undefined ? '' : ` --cacert ${shellQuote(caFile)}`;
  return `{ s=$(curl -s --noproxy '*' -o /dev/null -m 3 -w '%{http_code}'${trust} ${shellQuote(url)}); printf 'health\\t%s\\t%s\\n' ${shellQuote(url)} "$s" >"$t/health-${index}"; } &`;
}

/** kubectl asks again and again when an API server takes a question and does not answer: a look must not last as long as that. */
const kubectl = `timeout -k 1 10 ${hostPaths.binaries}/kubectl --kubeconfig ${hostPaths.adminKubeconfig} --request-timeout=5s`;

/** Minimal objects: kubectl asks for what they name. */
function referenceManifest(references: readonly KubeReference[]): string {
  return references
    .map(({ apiVersion, kind, name, namespace }) =>
      stringifyYaml({ apiVersion, kind, metadata: namespace === undefined ? { name } : { name, namespace } }),
    )
    .join('---\n');
}

const factsScript = `
( if [ -r /etc/os-release ]; then . /etc/os-release; fi
printf 'facts\\tosId\\t%s\\n' "\${ID:-unknown}"
printf 'facts\\tosIdLike\\t%s\\n' "\${ID_LIKE:-}"
printf 'facts\\tosVersion\\t%s\\n' "\${VERSION_ID:-}" )
printf 'facts\\tkernel\\t%s\\n' "$(uname -r)"
printf 'facts\\tmachine\\t%s\\n' "$(uname -m)"
printf 'facts\\thostname\\t%s\\n' "$(cat /proc/sys/kernel/hostname)"
printf 'facts\\tmachineId\\t%s\\n' "$(cat /etc/machine-id 2>/dev/null)"
printf 'facts\\tcgroup\\t%s\\n' "$(stat -fc %T /sys/fs/cgroup 2>/dev/null)"
printf 'facts\\tmemory\\t%s\\n' "$(sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo)"
printf 'facts\\tswap\\t%s\\n' "$(sed -n 's/^SwapTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo)"
printf 'facts\\tcpus\\t%s\\n' "$(nproc 2>/dev/null || echo 0)"
printf 'facts\\tsystemd\\t%s\\n' "$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p')"
printf 'facts\\tclock\\t%s\\n' "$(date +%s)"
printf 'facts\\tuid\\t%s\\n' "$(id -u)"
for m in apt-get dnf zypper; do command -v $m >/dev/null 2>&1 && { printf 'facts\\tpackageManager\\t%s\\n' "$m"; break; }; done
for d in /etc /opt /var/lib; do e=$d; [ -d "$e" ] || e=/; printf 'facts\\tfree\\t%s\\t%s\\n' "$d" "$(df -Pk "$e" 2>/dev/null | awk 'NR>1{print $4 "\\t" ($2 > 0 ? int(100 * $4 / $2) : 100)}')"; done`;

/** Of Node objects as kubectl indents them: neither the indentation nor the images of the nodes, which are most of it and nobody asks for. */
const withoutImages = `awk '
  end != "" { if ($0 == end "]" || $0 == end "],") end = ""; next }
  /^ +"images": \\[$/ { end = $0; sub(/"images.*/, "", end); next }
  { sub(/^ +/, ""); print }'`;

const writers: Writers = {
  file: (probes) => {
    const paths = words(probes.map((probe) => probe.path));
    return `set -- ${paths}
stat -c 'stat\t%n\t%f\t%U\t%G\t%s' -- "$@" 2>/dev/null
for p; do [ -L "$p" ] && printf 'target\\t%s\\t%s\\n' "$p" "$(readlink -- "$p")"; done
for p; do [ -f "$p" ] && [ ! -L "$p" ] && printf '%s\\0' "$p"; done | xargs -0 -r sha256sum -z -- 2>/dev/null | tr '\\0' '\\n' | sed 's/^/sha256\t/'`;
  },
  // A file system of its own brings lost+found; what a reset set aside there is kept for its owner.
  'empty-directory': (probes) =>
    `for p in ${words(probes.map((probe) => probe.path))}; do [ -d "$p" ] && [ ! -L "$p" ] && [ -z "$(find "$p" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name 'kcluster-kept-*' -print -quit 2>/dev/null)" ] && printf 'empty-directory\\t%s\\n' "$p"; done`,
  content: (probes) =>
    `for p in ${words(probes.map((probe) => probe.path))}; do [ -f "$p" ] && { printf 'content\\t%s\\t' "$p"; base64 <"$p" | tr -d '\\n'; echo; }; done`,
  'kubeconfig-certificate': (probes) =>
    `for p in ${words(probes.map((probe) => probe.path))}; do [ -f "$p" ] && printf 'kubeconfig\\t%s\\t%s\\n' "$p" "$(sed -n 's/^ *client-certificate-data: *//p' "$p")"; done`,
  unit: (probes) =>
    `systemctl show -p Id -p LoadState -p ActiveState -p SubState -p UnitFileState -p NeedDaemonReload -p NRestarts -p Result -- ${words(probes.map((probe) => probe.unit))} 2>/dev/null | sed 's/^/unit\t/'`,
  'start-time': (probes) =>
    probes
      .map(
        ({ unit }) =>
          `printf 'start\\t%s\\t%s\\n' ${shellQuote(unit)} "$(systemctl show -p ExecMainStartTimestampMonotonic -p ActiveEnterTimestampMonotonic -- ${shellQuote(unit)} 2>/dev/null | tr '\\n' ' ')"`,
      )
      .join('\n'),
  user: (probes) =>
    probes.map(({ name }) => `id -u ${shellQuote(name)} >/dev/null 2>&1 && printf 'user\\t%s\\n' ${shellQuote(name)}`).join('\n'),
  command: (probes) =>
    `PATH=$PATH:/usr/sbin:/sbin; for c in ${words(probes.map((probe) => probe.name))}; do command -v "$c" >/dev/null 2>&1 && printf 'command\\t%s\\n' "$c"; done`,
  module: (probes) => probes.map(writeModule).join('\n'),
  sysctl: (probes) =>
    probes
      .map(({ key }) => {
        const path = `/proc/sys/${key.replaceAll('.', '/')}`;
        // Not with read: it takes single bytes in dash, and the kernel gives numbers only to the first read.
        return `[ -r ${shellQuote(path)} ] && { v=$(cat ${shellQuote(path)}); printf 'sysctl\\t%s\\t%s\\n' ${shellQuote(key)} "$v"; }`;
      })
      .join('\n'),
  binary: (probes) => writeVerified(words(probes.map((probe) => probe.path))),
  'image-archives': () => writeVerified(`${hostPaths.images}/*.tar`),
  images: () =>
    `if [ -S /run/containerd/containerd.sock ] && i=$(${hostPaths.binaries}/ctr --connect-timeout 3s -n k8s.io images ls -q 2>/dev/null); then echo 'images'; printf '%s\\n' "$i" | sed 's/^/image\t/'; fi`,
  health: (probes) => probes.map(writeHealth).join('\n'),
  'kube-nodes': () =>
    `[ -f ${hostPaths.adminKubeconfig} ] && { if n=$(${kubectl} get nodes -o json --show-managed-fields 2>/dev/null); then printf 'kube-nodes\\t%s\\n' "$(printf '%s\\n' "$n" | ${withoutImages} | base64 | tr -d '\\n')"; fi; } >"$t/kube-nodes" &`,
  'kube-objects': (probes) => {
    const manifest = referenceManifest(probes.flatMap((probe) => probe.references));
    return `[ -f ${hostPaths.adminKubeconfig} ] && { if o=$(${kubectl} get --ignore-not-found -o json -f - 2>/dev/null <<'KCLUSTER_OBJECTS'
${manifest}KCLUSTER_OBJECTS
); then printf 'kube-objects\\t%s\\n' "$(printf '%s' "$o" | base64 | tr -d '\\n')"; fi; } >"$t/kube-objects" &`;
  },
  'kube-pods': (probes) => {
    const pods = probes.map(
      ({ node }) =>
        `if o=$(${kubectl} get pods -A --field-selector ${shellQuote(`spec.nodeName=${node}`)} -o jsonpath=${shellQuote(podTemplates.pods)} 2>/dev/null); then printf 'kube-pods\\t%s\\n%s\\n' ${shellQuote(node)} "$o"; fi`,
    );
    return `[ -f ${hostPaths.adminKubeconfig} ] && {
${kubectl} get poddisruptionbudgets -A -o jsonpath=${shellQuote(podTemplates.budgets)}
${kubectl} get replicasets,statefulsets -A -o jsonpath=${shellQuote(podTemplates.singles)}
${pods.join('\n')}
} >"$t/kube-pods" 2>/dev/null &`;
  },
  'kube-pod-counts': () =>
    `[ -f ${hostPaths.adminKubeconfig} ] && { if o=$(${kubectl} get pods -A --field-selector status.phase!=Succeeded,status.phase!=Failed -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\\n"}{end}' 2>/dev/null); then echo pod-counts; printf '%s\\n' "$o" | sort | uniq -c | awk 'NF==2 {print "pod-count\\t" $2 "\\t" $1}'; fi; } >"$t/kube-pod-counts" &`,
  'kube-upgrade': writeKubeUpgrade,
  'deprecated-apis': writeDeprecatedApis,
  etcd: () => writeOwnEtcd(),
  'etcd-through': writeEtcdThrough,
  'etcd-fsync': () => `{ ${fsyncCommand} | sed 's/^/fsync\\t/'; } >"$t/fsync" &`,
  facts: () => factsScript,
  listeners: () =>
    `ss -Hltnp 2>/dev/null | awk '{n=split($4,a,":"); p=$6; sub(/^users:\\(\\("/,"",p); sub(/".*/,"",p); print "listener\\t" a[n] "\\t" p}'`,
  route: (probes) =>
    probes
      .map(
        ({ address }) =>
          `printf 'route\\t%s\\t%s\\n' ${shellQuote(address)} "$(ip -o route get ${shellQuote(address)} 2>/dev/null | awk '{print (/ via /) ? "via" : "link"; exit}')"`,
      )
      .join('\n'),
  entries: (probes) =>
    `for d in ${words(probes.map((probe) => probe.path))}; do [ -d "$d" ] && for p in "$d"/*; do { [ -e "$p" ] || [ -L "$p" ]; } && printf 'entry\\t%s\\t%s\\n' "$d" "\${p##*/}"; done; done`,
  programs: () =>
    `for p in ${hostPaths.programs}/*/*/*; do [ -f "$p" ] && [ ! -L "$p" ] && printf 'entry\\t%s\\t%s\\n' ${hostPaths.programs} "\${p#${hostPaths.programs}/}"; done
find /proc/[0-9]*/exe -maxdepth 0 -lname '${hostPaths.programs}/*' -printf '%l\\n' 2>/dev/null | sort -u | while IFS= read -r p; do printf 'entry\\t%s\\t%s\\n' '${runningPrograms}' "$p"; done`,
  endpoint: writeEndpoint,
  'given-etcd': writeGivenEtcd,
};

function writeKind<K extends Probe['kind']>(kind: K, probes: readonly Probe[]): string {
  const mine = probes.filter((probe): probe is ProbeOf<K> => probe.kind === kind);
  return mine.length === 0 ? '' : writers[kind](mine);
}

/** Slow questions first: they run beside the rest. */
const order: readonly Probe['kind'][] = [
  'given-etcd',
  'endpoint',
  'kube-nodes',
  'kube-objects',
  'kube-pods',
  'kube-pod-counts',
  'kube-upgrade',
  'deprecated-apis',
  'health',
  'etcd',
  'etcd-through',
  'etcd-fsync',
  'facts',
  'file',
  'empty-directory',
  'content',
  'kubeconfig-certificate',
  'unit',
  'start-time',
  'user',
  'command',
  'module',
  'sysctl',
  'binary',
  'images',
  'image-archives',
  'listeners',
  'route',
  'entries',
  'programs',
];

/** One sh script that answers all probes of a host; what runs beside the rest answers through files, so that lines cannot mix. */
/** The last line: without it the answer was cut off, and what is missing in it means nothing. */
export const endOfLook = 'end-of-look';

export function writeProbeScript(probes: readonly Probe[]): string {
  const pieces = order.map((kind) => writeKind(kind, probes)).filter((piece) => piece !== '');
  return `export LC_ALL=C KUBECACHEDIR=${hostPaths.kubectlCache}\nt=$(mktemp -d) || exit 1\ntrap 'rm -rf "$t"' EXIT\n${pieces.join('\n')}\nwait\ncat "$t"/* 2>/dev/null\necho ${endOfLook}\nexit 0\n`;
}
