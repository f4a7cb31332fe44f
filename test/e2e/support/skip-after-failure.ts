import { beforeEach } from 'vitest';

/** For a `describe` of which each test begins where the one before has ended: after one that failed, the rest is skipped. */
export function skipAfterFailure(): void {
  let stopped = false;
  beforeEach(({ skip, onTestFailed }) => {
    if (stopped) skip('a step before failed');
    onTestFailed(() => {
      stopped = true;
    });
  });
}
