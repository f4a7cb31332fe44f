import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { imageComponent } from '../artifacts/image-component.ts';
import { type ComponentName, componentNames } from '../cluster/cluster.ts';
import { ConfigurationError } from '../errors.ts';

const component = z.enum(componentNames);
const binary = z.looseObject({ kind: z.literal('binary'), component, version: z.string(), name: z.string(), sha256: z.string() });
const image = z.looseObject({ kind: z.enum(['image', 'image-archive']), reference: z.string(), sha256: z.string() });
const others = z.looseObject({ kind: z.string().refine((kind) => !['binary', 'image', 'image-archive'].includes(kind)) });

const apiVersion = z.literal('kcluster/v1alpha1');
const artifacts = z.array(z.looseObject({ component, version: z.string(), arch: z.enum(['amd64', 'arm64']) })).optional();

/** A plan of any workflow; only what is sent is looked at. */
const planSchema = z.looseObject({
  apiVersion,
  kind: z.literal('Plan'),
  workflow: z.string(),
  cluster: z.string(),
  steps: z.array(z.looseObject({ actions: z.array(z.union([binary, image, others])) })),
  artifacts,
});

/** That of an upgrade has the steps of its next hop, and lists what all hops need. */
const upgradeSchema = z
  .looseObject({ apiVersion, kind: z.literal('UpgradePlan'), plan: planSchema, artifacts })
  .transform(({ plan, artifacts: listed }) => ({ ...plan, artifacts: listed }));

const savedSchema = z.union([planSchema, upgradeSchema]);

/** A file that a plan sends to a host. */
export interface SentFile {
  readonly component: ComponentName;
  readonly version: string;
  /** Of a program, or reference of an image. */
  readonly name: string;
  readonly sha256: string;
}

export interface PlanArtifacts {
  readonly cluster: string;
  readonly workflow: string;
  readonly planSha256: string;
  /** Each digest once. */
  readonly sent: readonly SentFile[];
  /** Those that the plan names beside its steps. */
  readonly listed: NonNullable<z.infer<typeof planSchema>['artifacts']>;
}

const remedy = 'give a file that kcluster plan -o or kcluster upgrade plan -o wrote';

function sentFile(action: z.infer<typeof binary> | z.infer<typeof image>, file: string): SentFile {
  if (action.kind === 'binary') {
    const { version, name, sha256 } = action;
    return { component: action.component, version, name, sha256 };
  }
  const { reference, sha256 } = action;
  const known = imageComponent(reference);
  if (known === undefined) throw new ConfigurationError(`${file} sends ${reference}, which the catalogue does not know`, { remedy });
  return { ...known, name: reference, sha256 };
}

const isSent = (action: { kind: string }): action is z.infer<typeof binary> | z.infer<typeof image> =>
  action.kind === 'binary' || action.kind === 'image' || action.kind === 'image-archive';

/** What a saved plan needs on this machine. @throws ConfigurationError when the file is no plan */
export async function readPlanArtifacts(file: string): Promise<PlanArtifacts> {
  const text = await readFile(file).catch((cause: unknown) => {
    throw new ConfigurationError(`${file} cannot be read`, { remedy, cause });
  });
  let plan: z.infer<typeof savedSchema>;
  try {
    plan = savedSchema.parse(JSON.parse(text.toString('utf8')));
  } catch (cause) {
    throw new ConfigurationError(`${file} is not a saved plan`, { remedy, cause });
  }
  const sent = plan.steps.flatMap(({ actions }) => actions.filter(isSent).map((action) => sentFile(action, file)));
  return {
    cluster: plan.cluster,
    workflow: plan.workflow,
    planSha256: createHash('sha256').update(text).digest('hex'),
    sent: [...new Map(sent.map((one) => [`${one.component} ${one.version} ${one.sha256}`, one])).values()],
    listed: plan.artifacts ?? [],
  };
}
