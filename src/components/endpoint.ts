import { endpointURL } from '../cluster/api-server-url.ts';
import { clusterAuthorityPath } from './authorities.ts';
import type { Describe } from './component.ts';

/** What balancers ask of API servers, and what is asked through them. */
export const readyPath = '/readyz';

/** The operator's load balancer or virtual address: nothing of it is on a node, but every node with pods depends on it. */
export const describeEndpoint: Describe = ({ endpoint }) => ({
  component: 'endpoint',
  install: [],
  run: [],
  health:
    endpoint === undefined ? [] : [{ component: 'endpoint', url: `${endpointURL(endpoint)}${readyPath}`, caFile: clusterAuthorityPath }],
  ports: [],
});
