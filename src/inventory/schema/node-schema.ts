import { z } from 'zod';
import { judgeTaintKey, parseTaint, taintEffects } from '../parse-taint.ts';
import { judgeHost, judgeLabelKey, judgeLabelValue, judgeNodeName } from '../syntax.ts';
import { mapping, oneOf, text } from './building-blocks.ts';
import { componentsSchema } from './component-schema.ts';
import { nodeSshSchema } from './ssh-schema.ts';

const role = oneOf('a role', ['control-plane', 'etcd', 'worker'], 'What the node does.');

const taintText = text('key=value:Effect or key:Effect', (value) => {
  const taint = parseTaint(value);
  return typeof taint === 'string' ? taint : undefined;
});
const taintMapping = mapping(
  {
    key: text('Key of the taint.', judgeTaintKey),
    value: text('Value of the taint.', judgeLabelValue).default(''),
    effect: oneOf('an effect of a taint', taintEffects, 'What happens to pods that do not tolerate it.'),
  },
  'A taint, written out.',
);

export const nodeSchema = mapping(
  {
    name: text('The identity of the node, and its name in Kubernetes.', judgeNodeName),
    address: text('IP address or DNS name that SSH connects to.', judgeHost),
    internalAddress: text('IP address that components bind to and advertise; default: address.', judgeHost).optional(),
    roles: z.array(role).min(1).describe('What the node does. With stacked etcd a control-plane node holds etcd too.'),
    labels: z
      .record(text('Key of a label.', judgeLabelKey), text('Value of a label.', judgeLabelValue))
      .describe('Labels of the Kubernetes node.')
      .default({}),
    annotations: z
      .record(text('Key of an annotation.', judgeLabelKey), z.string())
      .describe('Annotations of the Kubernetes node.')
      .default({}),
    taints: z
      .array(
        z.union([taintText, taintMapping], {
          error: 'must be a text such as "dedicated=storage:NoSchedule", or a mapping of key, value and effect',
        }),
      )
      .describe('Taints of the Kubernetes node; default: a control plane that is no worker takes no ordinary pods. [] for none.')
      .optional(),
    ssh: nodeSshSchema.optional(),
    components: componentsSchema('Settings of components on this node, merged over cluster.components.').optional(),
    state: oneOf(
      'a state',
      ['present', 'down'],
      'down: the machine is known to be unreachable; kcluster leaves it out, and trusts it with nothing until it was brought up to date.',
    ).default('present'),
  },
  'A machine of the cluster.',
);
