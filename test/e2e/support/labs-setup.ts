import type { TestProject } from 'vitest/node';
import { prepareLabs } from './prepare.ts';

/** For tests that bring up hosts of their own. */
export default async function setUp(project: TestProject): Promise<void> {
  await prepareLabs(project);
}
