import type { Cluster, Node } from '../cluster/cluster.ts';
import type { CertificateResource } from '../engine/resource.ts';
import { type CertificateId, certificateEntry } from '../pki/certificate-table.ts';

/** The certificates of a node with these ids, in the order of the ids. @throws RangeError when the table puts one elsewhere */
export function certificates(cluster: Cluster, node: Node, ids: readonly CertificateId[]): readonly CertificateResource[] {
  return ids.map((id) => {
    const entry = certificateEntry(cluster, node, id);
    if (entry === undefined) throw new RangeError(`no certificate ${id} on node ${node.name}`);
    return { kind: 'certificate', entry };
  });
}
