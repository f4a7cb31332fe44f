import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Plan } from '../engine/plan.ts';
import { ConfigurationError } from '../errors.ts';

/** Only the frame is checked: a plan is compared with what would be done now before anything of it is believed. */
const frame = z.looseObject({
  apiVersion: z.literal('kcluster/v1alpha1'),
  kind: z.literal('Plan'),
  workflow: z.string(),
  cluster: z.string(),
  findings: z.array(z.looseObject({ id: z.string() })),
  steps: z.array(z.looseObject({ id: z.string() })),
});

/** Reads a saved plan. @throws ConfigurationError when the file is none */
export async function readPlan(file: string): Promise<Plan> {
  const remedy = 'give a file that kcluster plan -o wrote';
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`${file} cannot be read`, { remedy, cause });
  }
  try {
    return frame.parse(JSON.parse(text)) as unknown as Plan;
  } catch (cause) {
    throw new ConfigurationError(`${file} is not a saved plan`, { remedy, cause });
  }
}
