import { PreflightError } from '../../errors.ts';
import type { ModuleResource, PackageResource, SysctlResource, UserResource } from '../resource.ts';
import type { Kind } from './kind.ts';

export const userKind: Kind<UserResource> = {
  probes: ({ name }) => [{ kind: 'user', name }],
  plan: ({ name, home }, { seen }) => (seen.users.has(name) ? [] : [{ kind: 'user', name, home }]),
};

export const moduleKind: Kind<ModuleResource> = {
  probes: ({ name }) => [{ kind: 'module', name }],
  plan: ({ name }, { seen }) => (seen.modules.has(name) ? [] : [{ kind: 'module', name }]),
};

export const sysctlKind: Kind<SysctlResource> = {
  probes: ({ key }) => [{ kind: 'sysctl', key }],
  plan: ({ key, value }, { seen }) => {
    const was = seen.sysctls.get(key);
    return was === value ? [] : [{ kind: 'sysctl', key, value, was: was ?? 'unset' }];
  },
};

/** Programs are looked up, not packages: what the host has in another way is good. */
export const packageKind: Kind<PackageResource> = {
  probes: ({ command }) => [{ kind: 'command', name: command }, { kind: 'facts' }],
  plan: ({ command, names, services }, { seen, node }) => {
    if (seen.commands.has(command)) return [];
    const manager = seen.facts?.packageManager ?? 'unknown';
    if (manager === 'unknown') {
      throw new PreflightError(`${command} is missing and neither apt, dnf nor zypper is there to install it`, {
        node,
        remedy: `install ${command} on the host and run again`,
      });
    }
    return [{ kind: 'packages', manager, names: [names[manager]], ...(services === undefined ? {} : { services }) }];
  },
};
