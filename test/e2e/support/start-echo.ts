import type { OwnLab } from './own-lab.ts';

/** Applies `echoObjects` of the namespace; gives the address of the Service once all pods are Ready. */
export async function startEcho(lab: OwnLab, namespace: string, objects: string): Promise<string> {
  await lab.on('cp1', `/opt/kcluster/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - <<'OBJECTS'\n${objects}OBJECTS`);
  await lab.kubectl('cp1', `rollout status -n ${namespace} deployment/echo --timeout=120s --request-timeout=0`);
  return lab.kubectl('cp1', `get service echo -n ${namespace} -o 'jsonpath={.spec.clusterIP}'`);
}

/** sh of one request to that Service, without retries. */
export const requestOf = (address: string): string => `curl -sSf -m 20 -o /dev/null http://${address}/`;
