/** With fewer nodes there is little to give back, and a collection would be noticed. */
const manyNodes = 200;

/**
 * Memory of what was only needed on the way, given back between the stages of a run over many nodes: by itself the collector lets it
 * pile up to several times of what is in use. Does nothing where Node was not started with --expose-gc, as bin/kcluster does.
 */
export function giveBack(nodes: number): void {
  if (nodes >= manyNodes) globalThis.gc?.();
}
