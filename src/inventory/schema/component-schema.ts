import { z } from 'zod';
import { type ComponentName, componentNames } from '../../cluster/cluster.ts';
import { matches, patterns } from '../syntax.ts';
import { mapping, text } from './building-blocks.ts';

const version = text(
  'Release of this component, in quotes; absent: the one that belongs to the Kubernetes version.',
  matches(patterns.componentVersion, 'is not a version, such as "1.3.4"'),
).optional();

const argument = z.union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number, or true or false' });
const extraArgs = z
  .record(
    text(
      'Name of a flag, without dashes.',
      matches(patterns.flag, 'is not a flag; write its name without dashes, such as "v" or "feature-gates"'),
    ),
    z.union([argument, z.array(argument), z.null()], { error: 'must be one value, a list of values, or null to leave a default out' }),
  )
  .describe('Flags without dashes and their values; a list repeats the flag, null leaves a default out. They win over what kcluster sets.')
  .default({});

const env = z
  .record(
    text('Name of a variable.', matches(patterns.environmentName, 'is not the name of an environment variable')),
    z.union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number, or true or false' }),
  )
  .describe('Environment variables of the systemd unit.')
  .default({});

const config = z
  .record(z.string(), z.json())
  .describe('Values merged over the configuration file that kcluster writes for this component.')
  .default({});

const artifact = mapping({ version }, 'A component that is installed but has no unit of its own.');
const daemon = mapping({ version, extraArgs, env }, 'A component with a unit.');
const configuredDaemon = mapping({ version, extraArgs, env, config }, 'A component with a unit and a configuration file.');

/** What can be set of each component; keys that would have no effect are unknown. */
const settings = {
  etcd: daemon,
  'kube-apiserver': daemon,
  'kube-controller-manager': daemon,
  'kube-scheduler': daemon,
  containerd: configuredDaemon,
  runc: artifact,
  'cni-plugins': artifact,
  crictl: artifact,
  kubelet: configuredDaemon,
  'kube-proxy': configuredDaemon,
  kubectl: artifact,
  coredns: artifact,
  pause: artifact,
  age: artifact,
} satisfies Record<ComponentName, z.ZodType>;

type OptionalSettings = { [Name in ComponentName]: z.ZodOptional<(typeof settings)[Name]> };

/** Settings by component, for the whole cluster or for one node. */
export function componentsSchema(description: string) {
  const shape = Object.fromEntries(componentNames.map((name) => [name, settings[name].optional()]));
  return mapping(shape as OptionalSettings, description);
}
