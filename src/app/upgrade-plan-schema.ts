import { z } from 'zod';
import { parseVersion } from '../cluster/version.ts';

const release = z
  .string()
  .regex(/^\d+\.\d+\.\d+/)
  .refine((text) => parseVersion(text) !== undefined);
const node = z.string().describe('Name of a node of the inventory.');
const seconds = z.number().min(0);

const finding = z.looseObject({
  id: z.string().describe('Name of the check, for --ignore-preflight.'),
  node: node.optional(),
  severity: z.enum(['error', 'warning']),
  mandatory: z.literal(true).optional().describe('Of an error: it cannot be waived.'),
  message: z.string(),
  remedy: z.string(),
});

const condition = z.looseObject({
  title: z.string(),
  deadlineMs: z.number(),
  test: z.looseObject({ kind: z.string() }),
  remedy: z.string().optional(),
});

const step = z.looseObject({
  id: z.string().regex(/@/).describe('Phase and node: etcd/run-cp1@cp1.'),
  phase: z.string(),
  node,
  title: z.string(),
  after: z.array(z.string()).describe('Ids of the steps that must be done before; each stands before this one.'),
  line: z.string().optional().describe('Once a step of a line fails, no other one of it begins.'),
  actions: z.array(z.looseObject({ kind: z.string() })).describe('Done in this order; other fields depend on the kind.'),
  gate: z.array(condition).describe('Awaited after the last action, in this order.'),
});

const hopPlan = z.looseObject({
  apiVersion: z.literal('kcluster/v1alpha1'),
  kind: z.literal('Plan'),
  workflow: z.literal('upgrade'),
  cluster: z.string(),
  kclusterVersion: z.string(),
  inventorySha256: z.string(),
  nodes: z.array(node),
  findings: z.array(finding).describe('What speaks against the hop.'),
  maxUnavailable: z.string().describe('How many nodes may be taken down at once, 3 or 10%.'),
  steps: z.array(step).describe('What is to be done; empty when nothing is.'),
});

const target = z.looseObject({ description: z.string(), newK8sVersion: release, hops: z.array(release) });

const change = z.looseObject({
  component: z.string(),
  nodes: z.array(node).describe('Sorted; empty for what runs in the cluster.'),
  currentVersion: z.string().describe('none where it is not known.'),
  newVersion: z.string().describe('After the last hop.'),
  reason: z.string(),
});

const stage = z.looseObject({
  what: z.string(),
  away: z.string().describe('What is away meanwhile, and for how long at a stretch.'),
  seconds,
});

const artifact = z.looseObject({ component: z.string(), version: z.string(), arch: z.enum(['amd64', 'arm64']) });

const choices = z.looseObject({
  drain: z.looseObject({ timeoutSeconds: seconds, force: z.boolean() }),
  drainAlways: z.boolean().describe('Nodes are drained for another patch of the kubelet, too.'),
});

/** A saved plan of an upgrade, as it is checked when it is read and as it is published; later releases may add fields. */
export const upgradePlanSchema = z.looseObject({
  apiVersion: z.literal('kcluster/v1alpha1'),
  kind: z.literal('UpgradePlan'),
  cluster: z.string().describe('Name of the cluster.'),
  clusterVersion: release.describe('Release of the oldest API server.'),
  newK8sVersion: release.describe('Release at the end of the way.'),
  hops: z.array(release).describe('Releases in the order in which they are gone through; the last one is newK8sVersion.'),
  availableUpgrades: z.array(target).describe('What could be reached.'),
  components: z.array(change).describe('What runs where, and what it becomes.'),
  stages: z.array(stage).describe('What is away when during the next hop, in order.'),
  choices: choices.describe('What was asked for; applying the plan asks for the same.'),
  artifacts: z.array(artifact).describe('What all hops need of the catalogue, each once, sorted.'),
  plan: hopPlan.describe('The next hop, step by step. The only part that is carried out.'),
});
