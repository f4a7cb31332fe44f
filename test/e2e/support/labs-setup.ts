import type { TestProject } from 'vitest/node';
import { buildBeside, otherKubernetes } from '../../../build/beside.ts';
import { prepareLabs } from './prepare.ts';

/** For tests that bring up hosts of their own. What only the last of them need is built meanwhile. */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const mirror = await prepareLabs(project);
  return mirror === undefined ? undefined : buildBeside(otherKubernetes, mirror);
}
