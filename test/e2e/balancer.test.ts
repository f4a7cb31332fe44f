import { expect, test } from 'vitest';
import { describeOnLab, onHost, shared } from './support/shared-cluster.ts';

const worker = (): string => shared.nodes[1] ?? '';
const trust = '--cacert /etc/kubernetes/pki/ca.crt';
const balancer = 'https://127.0.0.1:6444';

describeOnLab('the local balancer', () => {
  test.each([
    ['the control plane', () => shared.controlPlane],
    ['a worker', worker],
  ])('of %s is what kubelet and kube-proxy use, and its API servers are verified', async (_, node) => {
    const servers = await onHost(node(), "sed -n 's/^ *server: *//p' /etc/kubernetes/kubelet.conf /etc/kubernetes/proxy.conf");
    expect(servers).toBe(`${balancer}\n${balancer}\n`);
    expect(await onHost(node(), `curl -sS ${trust} ${balancer}/readyz`)).toBe('ok');
  });

  test('a reload keeps an open watch', async () => {
    const script = `d=$(mktemp -d); trap 'kill $pid; rm -rf "$d"' EXIT
for part in certificate key; do sed -n "s/^ *client-$part-data: *//p" /etc/kubernetes/kubelet.conf | base64 -d >"$d/$part"; done
curl -sN ${trust} --cert "$d/certificate" --key "$d/key" "${balancer}/api/v1/nodes?watch=1&fieldSelector=metadata.name=$(hostname)" >"$d/events" & pid=$!
timeout 60 sh -c "until grep -q ADDED $d/events; do sleep 0.1; done"
socket() { ss -Htnp state established dst 127.0.0.1 dport = :6444 | awk -v p="pid=$pid," 'index($0, p) { print $3 }'; }
before=$(socket); workers=$(pgrep -P "$(systemctl show -p MainPID --value kcluster-balancer)")
systemctl reload kcluster-balancer
timeout 60 sh -c "until [ \\"\\$(pgrep -P \\$(systemctl show -p MainPID --value kcluster-balancer) | wc -l)\\" -gt 1 ]; do sleep 0.1; done"
[ -n "$before" ] && [ "$before" = "$(socket)" ] && echo "open with $(echo $workers | wc -w) worker before" || echo closed`;
    expect(await onHost(worker(), script)).toMatch(/^open with /);
  });

  test('is the only HAProxy: the service of its package is off', async () => {
    expect(await onHost(worker(), 'systemctl is-enabled haproxy.service || true')).toBe('disabled\n');
    expect(await onHost(worker(), 'systemctl is-active haproxy.service || true')).toBe('inactive\n');
  });
});
