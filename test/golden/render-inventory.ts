export { newPlacement, renderCluster as renderInventory } from '../../src/app/render-cluster.ts';
