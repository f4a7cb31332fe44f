export interface ResetQuestion {
  readonly cluster: string;
  readonly nodes: readonly string[];
  /** No etcd of the cluster is left. */
  readonly ends: boolean;
  readonly keepsEtcdData: boolean;
}

/** What a person is asked before hosts are reset: the cluster by its name, and what is lost. */
export function resetQuestion({ cluster, nodes, ends, keepsEtcdData }: ResetQuestion): string {
  const where = nodes.length > 5 ? `${nodes.length} hosts` : nodes.join(', ');
  if (!ends) return `Pods on ${where} end now, and what kcluster put there is removed. Reset ${where} of cluster ${cluster}?`;
  const data = keepsEtcdData ? 'what its etcd holds is set aside on its hosts' : 'everything that its etcd holds is deleted';
  return `This ends cluster ${cluster}: all pods end, and ${data}. Reset ${where}?`;
}
