import type { HookRule, KubeUpgradeSeen, WebhookSeen } from '../engine/kube-upgrade.ts';
import { kubeUpgradeOf } from './api-checks.ts';
import type { Found, UpgradeCheck } from './upgrade-check.ts';

/** What an upgrade cannot do without: API group -> resources. */
const needed: Readonly<Record<string, readonly string[]>> = {
  '': ['nodes', 'nodes/status', 'pods', 'pods/binding', 'pods/eviction', 'pods/status'],
  'coordination.k8s.io': ['leases'],
};

const matchesResource = (pattern: string, resource: string): boolean => {
  if (pattern === '*/*' || pattern === resource) return true;
  const [main = '', sub] = pattern.split('/');
  const [ofMain = '', ofSub] = resource.split('/');
  // A star alone leaves out what is below a resource.
  if (main !== '*' && main !== ofMain) return false;
  return sub === undefined ? ofSub === undefined : ofSub !== undefined && (sub === '*' || sub === ofSub);
};

/** Resources of these rules that an upgrade needs. */
function touched(rules: readonly HookRule[]): readonly string[] {
  const resources = Object.entries(needed).flatMap(([group, names]) =>
    names.filter((name) =>
      rules.some(
        ({ apiGroups = [], resources: patterns = [] }) =>
          apiGroups.some((pattern) => pattern === '*' || pattern === group) && patterns.some((pattern) => matchesResource(pattern, name)),
      ),
    ),
  );
  return resources;
}

const matchesEverything = ({ rules }: WebhookSeen): boolean =>
  rules.some(({ apiGroups = [], resources = [] }) => apiGroups.includes('*') && resources.some((name) => name === '*' || name === '*/*'));

const isLimited = ({ namespaceSelector = {}, objectSelector = {} }: WebhookSeen): boolean =>
  [namespaceSelector, objectSelector].some(
    ({ matchLabels = {}, matchExpressions = [] }) => Object.keys(matchLabels).length > 0 || matchExpressions.length > 0,
  );

const change = 'set its failurePolicy to Ignore for the time of the upgrade, or leave kube-system and the nodes out of its rules';

function judgeHook(hook: WebhookSeen, endpoints: KubeUpgradeSeen['endpoints']): readonly Found[] {
  const resources = touched(hook.rules);
  if (hook.failurePolicy !== 'Fail' || resources.length === 0) return [];
  const name = `webhook ${hook.name} of ${hook.kind} ${hook.configuration}`;
  const about = `${matchesEverything(hook) ? 'everything' : resources.join(', ')}${isLimited(hook) ? ' of what it selects' : ''}`;
  if (hook.service === undefined) {
    if (isLimited(hook)) return [];
    const message = `${name} is asked about ${about} and answers from outside the cluster: while it does not, these cannot be changed`;
    return [{ severity: 'warning', message, remedy: `make sure that it answers; or ${change}` }];
  }
  const service = `${hook.service.namespace}/${hook.service.name}`;
  const ready = endpoints?.get(service);
  if (ready === 0) {
    const message = `${name} is asked about ${about}, and its service ${service} has no endpoint that is ready: these cannot be changed`;
    return [{ message, remedy: `bring the pods behind ${service} back; or ${change}` }];
  }
  if (ready === undefined) {
    const message = `${name} is asked about ${about}, and it is not known whether its service ${service} answers`;
    return [{ severity: 'warning', message, remedy: `look at ${service}, and plan again` }];
  }
  if (ready > 1 && !matchesEverything(hook)) return [];
  const message =
    ready === 1
      ? `${name} is asked about ${about}, and one pod answers for ${service}: while its node is drained, these cannot be changed`
      : `${name} is asked about ${about}: while ${service} does not answer, nothing in the cluster can be changed`;
  const remedy = ready === 1 ? `give ${service} a second pod on another node; or ${change}` : change;
  return [{ severity: 'warning', message, remedy }];
}

/** Admission webhooks whose silence stops what an upgrade does. */
export const webhookCheck: UpgradeCheck = {
  id: 'AdmissionWebhook',
  title: 'admission webhooks for pods and nodes answer',
  severity: 'error',
  judge: (input) => {
    const seen = kubeUpgradeOf(input);
    return (seen?.webhooks ?? []).flatMap((hook) => judgeHook(hook, seen?.endpoints));
  },
};
