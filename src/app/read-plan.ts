import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Plan } from '../engine/plan.ts';
import { ConfigurationError } from '../errors.ts';
import type { UpgradePlan } from './plan-upgrade.ts';
import { upgradePlanSchema } from './upgrade-plan-schema.ts';

/** Only the frame is checked: a plan is compared with what would be done now before anything of it is believed. */
const frame = z.looseObject({
  apiVersion: z.literal('kcluster/v1alpha1'),
  kind: z.literal('Plan'),
  workflow: z.enum(['init', 'join']),
  cluster: z.string(),
  joining: z.array(z.string()).optional(),
  findings: z.array(z.looseObject({ id: z.string() })),
  maxUnavailable: z.string(),
  steps: z.array(z.looseObject({ id: z.string() })),
});

/** Reads a saved plan. @throws ConfigurationError when the file is none */
export async function readPlan(file: string): Promise<Plan> {
  return (await readSaved(file, frame, 'give a file that kcluster plan -o wrote')) as Plan;
}

/** Reads a saved plan of an upgrade. @throws ConfigurationError when the file is none */
export async function readUpgradePlan(file: string): Promise<UpgradePlan> {
  return (await readSaved(file, upgradePlanSchema, 'give a file that kcluster upgrade plan -o wrote')) as UpgradePlan;
}

async function readSaved(file: string, schema: z.ZodType, remedy: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`${file} cannot be read`, { remedy, cause });
  }
  try {
    const value: unknown = JSON.parse(text);
    schema.parse(value);
    // The value as it was read: a parsed copy may order its keys otherwise, and plans are compared as text.
    return value;
  } catch (cause) {
    throw new ConfigurationError(`${file} is not a saved plan`, { remedy, cause });
  }
}
