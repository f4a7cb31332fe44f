import { nodesWithRole } from '../cluster/cluster.ts';
import { listNames } from '../cluster/list-names.ts';
import { formatVersion, type Version } from '../cluster/version.ts';
import type { DeprecatedApi, DeprecatedCaller, KubeUpgradeSeen } from '../engine/kube-upgrade.ts';
import type { Found, UpgradeCheck } from './upgrade-check.ts';
import type { UpgradeInput } from './upgrade-input.ts';

/** What the API says, as the host tells it that got most out of it. */
export function kubeUpgradeOf({ observations }: UpgradeInput): KubeUpgradeSeen | undefined {
  const told = [...observations.values()].flatMap(({ kubeUpgrade }) => kubeUpgrade ?? []).filter((seen) => Object.keys(seen).length > 0);
  return told.toSorted((a, b) => Object.keys(b).length - Object.keys(a).length)[0];
}

const parts = {
  budgets: 'PodDisruptionBudgets',
  workloads: 'workloads',
  pods: 'pods',
  webhooks: 'admission webhooks',
  definitions: 'CustomResourceDefinitions',
} as const;

/** What was asked and not answered is said: nobody may take silence for a good sign. */
export const knownCheck: UpgradeCheck = {
  id: 'UpgradeUnknown',
  title: 'the API says all that an upgrade is judged by',
  severity: 'warning',
  judge: (input) => {
    const seen = kubeUpgradeOf(input);
    const remedy = 'see kcluster status, and look again';
    if (seen === undefined)
      return [{ severity: 'error', message: 'no API server says what is in the way: budgets, webhooks and pods are not known', remedy }];
    const missing = (Object.keys(parts) as (keyof typeof parts)[]).filter((part) => seen[part] === undefined);
    const silent = nodesWithRole(input.desired.cluster, 'control-plane')
      .filter(({ name }) => input.observations.has(name) && input.observations.get(name)?.deprecatedApis === undefined)
      .map(({ name }) => name);
    return [
      ...(missing.length === 0
        ? []
        : [
            {
              message: `the API did not list ${missing.map((part) => parts[part]).join(', ')}: not known whether they are in the way`,
              remedy,
            },
          ]),
      ...(silent.length === 0
        ? []
        : [{ message: `API servers that do not say which APIs are asked for that go away: ${listNames(silent)}`, remedy }]),
    ];
  },
};

const nameOf = ({ group, version, resource }: DeprecatedApi): string => `${group === '' ? version : `${group}/${version}`} ${resource}`;
const isSame = (a: DeprecatedApi, b: DeprecatedApi): boolean =>
  a.group === b.group && a.version === b.version && a.resource.split('/')[0] === b.resource.split('/')[0];

/** Whether a release `1.38`, from which on the API is gone, is reached. */
function isGoneIn(removedRelease: string, { major, minor }: Version): boolean {
  const [goneMajor = 0, goneMinor = 0] = removedRelease.split('.').map(Number);
  return goneMajor < major || (goneMajor === major && goneMinor <= minor);
}

function namesOfCallers(callers: readonly DeprecatedCaller[]): string {
  const names = callers.map(({ user, agent }) => `${user}${agent === '' ? '' : ` with ${agent}`}`);
  return names.length === 0 ? '' : `; by ${listNames(names)}`;
}

/** APIs that go away and that somebody asked for, whichever API server he asked. */
export const deprecatedApiCheck: UpgradeCheck = {
  id: 'DeprecatedApi',
  title: 'nobody asks for APIs that the target does not serve',
  severity: 'warning',
  judge: ({ observations, to }) => {
    const asked = [...observations].flatMap(([node, { deprecatedApis }]) =>
      (deprecatedApis?.apis ?? []).filter(({ removedRelease }) => removedRelease !== '').map((api) => ({ api, node })),
    );
    const callers = [...observations.values()].flatMap(({ deprecatedApis }) => deprecatedApis?.callers ?? []);
    const names = [...new Set(asked.map(({ api }) => nameOf(api)))].sort();
    return names.flatMap((name): readonly Found[] => {
      const mine = asked.filter(({ api }) => nameOf(api) === name);
      const [api] = mine.map((each) => each.api);
      if (api === undefined) return [];
      const isGone = isGoneIn(api.removedRelease, to);
      const who = namesOfCallers(callers.filter((caller) => isSame(caller, api)));
      const message = `${name} was asked for on ${listNames(mine.map(({ node }) => node))} since its API server started, and is gone in ${api.removedRelease}${who}`;
      const remedy = isGone
        ? `bring who asks for it to a newer version of the API before ${formatVersion(to)}`
        : 'bring who asks for it to a newer version of the API in time';
      return [{ severity: isGone ? 'error' : 'warning', message, remedy }];
    });
  },
};

/** Objects may lie in etcd in a version that nobody can ask for: the next change of their definition loses them. */
export const storedVersionCheck: UpgradeCheck = {
  id: 'StoredVersion',
  title: 'custom objects lie in etcd in versions that are served',
  severity: 'warning',
  judge: (input) =>
    (kubeUpgradeOf(input)?.definitions ?? []).flatMap(({ name, stored, served }): readonly Found[] => {
      const unserved = stored.filter((version) => !served.includes(version));
      if (unserved.length === 0) return [];
      const message = `objects of ${name} may lie in etcd as ${listNames(unserved)}, which is not served any more`;
      return [
        { message, remedy: `write them anew in a version that is served, and take ${unserved.join(', ')} out of status.storedVersions` },
      ];
    }),
};
