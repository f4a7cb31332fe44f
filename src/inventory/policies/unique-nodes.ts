import { canonicalAddress } from '../../cluster/cidr.ts';
import type { Draft } from '../draft.ts';
import { internalAddressOf, sshOf } from '../node-defaults.ts';
import { errorAt, type Finding } from '../problem.ts';
import { quote } from '../suggest.ts';

type DraftNode = Draft['nodes'][number];

interface Rule {
  readonly field: 'name' | 'address' | 'internalAddress';
  readonly valueOf: (node: DraftNode, draft: Draft) => string | undefined;
  readonly clash: string;
}

// Machines behind one forwarding address differ by port or by the way there.
function doorOf(node: DraftNode, draft: Draft): string | undefined {
  if (node.address === undefined) return undefined;
  const ssh = sshOf(draft.cluster.ssh, node.ssh);
  return JSON.stringify([canonicalAddress(node.address.toLowerCase()), ssh.port, ssh.jump]);
}

const rules: readonly Rule[] = [
  { field: 'name', valueOf: (node) => node.name, clash: 'is also the name of' },
  { field: 'address', valueOf: doorOf, clash: 'leads to the same machine as' },
  { field: 'internalAddress', valueOf: (node) => internalAddressOf(node), clash: 'is also the internal address of' },
];

function clashes(draft: Draft, rule: Rule): Finding[] {
  const first = new Map<string, number>();
  return draft.nodes.flatMap((node, index) => {
    const value = rule.valueOf(node, draft);
    if (value === undefined) return [];
    const earlier = first.get(value);
    if (earlier === undefined) {
      first.set(value, index);
      return [];
    }
    const field = node[rule.field] === undefined ? 'address' : rule.field;
    const other = draft.nodes[earlier]?.name;
    const where = rule.field === 'name' || other === undefined ? `nodes[${earlier}]` : `node ${other}`;
    return [errorAt(['nodes', index, field], `${quote(node[field])} ${rule.clash} ${where}`)];
  });
}

/** Two nodes with one name, one way in, or one internal address. */
export function checkUniqueNodes(draft: Draft): Finding[] {
  const findings = rules.flatMap((rule) => clashes(draft, rule));
  // An address used twice is one mistake, though it breaks two rules.
  const seen = new Set<string>();
  return findings.filter(({ path }) => {
    const key = path.join('/');
    return !seen.has(key) && seen.add(key);
  });
}
