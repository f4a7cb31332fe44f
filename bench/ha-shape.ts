import type { BenchShape } from './lab-host.ts';

/** What is brought up by both tools. */
export const haShape = { controlPlanes: 3, workers: 2 } as const satisfies BenchShape;

/** How often a node and an API server are asked from outside. */
export const pollMs = 100;
