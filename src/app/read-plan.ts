import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Plan } from '../engine/plan.ts';
import { ConfigurationError } from '../errors.ts';

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
  const remedy = 'give a file that kcluster plan -o wrote';
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`${file} cannot be read`, { remedy, cause });
  }
  try {
    const value: unknown = JSON.parse(text);
    frame.parse(value);
    // The value as it was read: a parsed copy may order its keys otherwise, and plans are compared as text.
    return value as Plan;
  } catch (cause) {
    throw new ConfigurationError(`${file} is not a saved plan`, { remedy, cause });
  }
}
