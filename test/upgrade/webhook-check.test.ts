import { describe, expect, test } from 'vitest';
import type { WebhookSeen } from '../../src/engine/kube-upgrade.ts';
import { sample, three } from '../components/sample.ts';
import { linesOf, quiet } from './situation.ts';

const cluster = sample(three);
const hook = (more: Partial<WebhookSeen> = {}): WebhookSeen => ({
  kind: 'ValidatingWebhookConfiguration',
  configuration: 'guards',
  name: 'g',
  failurePolicy: 'Fail',
  timeoutSeconds: 10,
  service: { namespace: 'n', name: 's' },
  rules: [{ apiGroups: [''], resources: ['pods'] }],
  ...more,
});
const { service: _, ...outside } = hook();
const rules = (group: string, ...resources: readonly string[]) => ({ rules: [{ apiGroups: [group], resources }] });
const selector = { matchLabels: { guarded: 'yes' } };
const lines = (webhook: WebhookSeen, ready: number | undefined): readonly string[] => {
  const endpoints = new Map(ready === undefined ? [] : [['n/s', ready]]);
  const told = { kubeUpgrade: { ...quiet, webhooks: [webhook], endpoints } };
  return linesOf('AdmissionWebhook', cluster, { seen: { a: told, b: { kubeUpgrade: undefined }, c: { kubeUpgrade: undefined } } });
};
const name = 'webhook g of ValidatingWebhookConfiguration guards';

describe('a webhook', () => {
  test.each<readonly [string, WebhookSeen, number | undefined, readonly string[]]>([
    ['that two pods answer', hook(), 2, []],
    ['that may fail', hook({ failurePolicy: 'Ignore' }), 0, []],
    ['about something else', hook(rules('apps', 'deployments')), 0, []],
    ['about something below a resource, which a star alone leaves out', hook(rules('', 'services/*', 'configmaps')), 0, []],
    [
      'that nobody answers',
      hook(),
      0,
      [`error -: ${name} is asked about pods, and its service n/s has no endpoint that is ready: these cannot be changed`],
    ],
    [
      'about nodes and leases of some namespaces, that nobody answers',
      hook({ rules: [...rules('', 'nodes').rules, ...rules('coordination.k8s.io', '*').rules], namespaceSelector: selector }),
      0,
      [
        `error -: ${name} is asked about nodes, leases of what it selects, and its service n/s has no endpoint that is ready: these cannot be changed`,
      ],
    ],
    [
      'about all that is below pods, that nobody answers',
      hook(rules('', 'pods/*')),
      0,
      [
        `error -: ${name} is asked about pods/binding, pods/eviction, pods/status, and its service n/s has no endpoint that is ready: these cannot be changed`,
      ],
    ],
    [
      'that one pod answers',
      hook(),
      1,
      [`warning -: ${name} is asked about pods, and one pod answers for n/s: while its node is drained, these cannot be changed`],
    ],
    [
      'about everything, however many answer',
      hook(rules('*', '*/*')),
      3,
      [`warning -: ${name} is asked about everything: while n/s does not answer, nothing in the cluster can be changed`],
    ],
    [
      'of which it is not known who answers',
      hook(),
      undefined,
      [`warning -: ${name} is asked about pods, and it is not known whether its service n/s answers`],
    ],
    [
      'that is answered outside',
      outside,
      undefined,
      [`warning -: ${name} is asked about pods and answers from outside the cluster: while it does not, these cannot be changed`],
    ],
    ['that is answered outside, about what it selects', { ...outside, objectSelector: selector }, undefined, []],
  ])('%s', (_name, webhook, ready, expected) => {
    expect(lines(webhook, ready)).toEqual(expected);
  });
});
