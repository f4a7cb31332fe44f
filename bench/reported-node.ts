import type { JsonObject } from '../src/cluster/cluster.ts';

const condition = (type: string, reason: string): JsonObject => ({
  type,
  status: type === 'Ready' ? 'True' : 'False',
  lastHeartbeatTime: '2026-01-01T00:00:00Z',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  reason,
  message: `kubelet says ${reason}`,
});

const quantities = { cpu: '4', memory: '4038440Ki', pods: '110', 'ephemeral-storage': '41152812Ki', 'hugepages-2Mi': '0' };

const status: JsonObject = {
  addresses: [{ type: 'InternalIP', address: '172.20.0.1' }],
  allocatable: quantities,
  capacity: quantities,
  conditions: [
    condition('MemoryPressure', 'KubeletHasSufficientMemory'),
    condition('DiskPressure', 'KubeletHasNoDiskPressure'),
    condition('PIDPressure', 'KubeletHasSufficientPID'),
    condition('Ready', 'KubeletReady'),
  ],
  daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  nodeInfo: {
    architecture: 'amd64',
    bootID: '00000000-0000-0000-0000-000000000000',
    containerRuntimeVersion: 'containerd://2.0.0',
    kernelVersion: '6.1.0-13-amd64',
    kubeletVersion: 'v1.37.1',
    machineID: 'a'.repeat(32),
    operatingSystem: 'linux',
    osImage: 'Debian GNU/Linux 12 (bookworm)',
    systemUUID: '00000000-0000-0000-0000-000000000000',
  },
};

/** Which fields a manager set, as an API server lists them. */
function fieldsOf(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      `f:${key}`,
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? fieldsOf(inner as JsonObject) : {},
    ]),
  );
}

/** A Node object as large as the look brings it over: with what a kubelet reports, but for the images, and who manages which field. */
export function reportedNode(object: JsonObject): JsonObject {
  const metadata = object.metadata as JsonObject;
  const entry = { apiVersion: 'v1', fieldsType: 'FieldsV1', operation: 'Update', time: '2026-01-01T00:00:00Z' };
  return {
    ...object,
    metadata: {
      ...metadata,
      uid: '00000000-0000-0000-0000-000000000000',
      managedFields: [
        { ...entry, manager: 'kubelet', subresource: 'status', fieldsV1: { 'f:status': fieldsOf(status) } },
        { ...entry, manager: 'kcluster', operation: 'Apply', fieldsV1: { 'f:metadata': { 'f:annotations': {}, 'f:labels': {} } } },
      ],
    },
    status,
  };
}
