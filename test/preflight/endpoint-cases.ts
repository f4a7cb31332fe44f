import type { EndpointSeen } from '../../src/engine/observation.ts';
import { sample, three } from '../components/sample.ts';
import type { Case, Seen } from './situation.ts';

const named = sample(three, { endpoint: 'k8s.example.com:8443' });
const literal = sample(three, { endpoint: '192.0.2.5:6443' });
const lone = sample(undefined, { endpoint: 'k8s.example.com:8443' });
const at = 'k8s.example.com:8443 (192.0.2.5)';
const kubelet = new Map([['/var/lib/kcluster/units/kubelet.service', '']]);
const ready = new Map([['https://127.0.0.1:6443/readyz', { status: 200 }]]);

function seenAs(result: EndpointSeen['result'], more: Partial<EndpointSeen> = {}): Seen {
  return { endpoint: { addresses: ['192.0.2.5'], result, status: 0, fault: 'curl said so', ...more } };
}

/** One node's view of the endpoint of a cluster whose kubelets run, and whose first API server says that it is ready. */
function inUse(seen: Seen): Readonly<Record<string, Seen>> {
  return { a: { health: ready, contents: kubelet }, w: { ...seen, contents: kubelet } };
}

const fresh = (result: EndpointSeen['result'], what: string, ...lines: readonly string[]): Case => ({
  id: 'EndpointAnswers',
  what: `${what}, before there is an API server`,
  cluster: named,
  seen: { w: seenAs(result) },
  lines: lines.map((line) => `${line.split(' ')[0]} w EndpointAnswers: ${line.slice(line.indexOf(' ') + 1)}`),
});
const used = (result: EndpointSeen['result'], status: number, what: string, ...lines: readonly string[]): Case => ({
  id: 'EndpointAnswers',
  what: `${what}, on a cluster that runs`,
  cluster: named,
  seen: inUse(seenAs(result, { status })),
  lines: lines.map((line) => `${line.split(' ')[0]} w EndpointAnswers: ${line.slice(line.indexOf(' ') + 1)}`),
});
const stranger = `${at} answers with a certificate that is not this cluster's: somebody else is there, or TLS ends there`;
const owner = (what: string, cluster: Case['cluster'], addresses: readonly string[], ...lines: readonly string[]): Case => ({
  id: 'EndpointOneNode',
  what,
  ...(cluster === undefined ? {} : { cluster }),
  seen: { w: seenAs('refused', { addresses }), c: seenAs('refused', { addresses }) },
  lines,
});

export const endpointCases: readonly Case[] = [
  {
    id: 'EndpointName',
    what: 'nobody knows it',
    cluster: named,
    seen: { w: seenAs('closed', { addresses: [] }) },
    lines: ['error w EndpointName: the name k8s.example.com is not known here'],
  },
  { id: 'EndpointName', what: 'known', cluster: named, seen: { w: seenAs('refused') }, lines: [] },
  {
    id: 'EndpointName',
    what: 'a host that cannot be asked',
    cluster: named,
    seen: { w: { endpoint: { result: 'refused', status: 0, fault: '' } } },
    lines: [],
  },

  fresh('refused', 'refuses'),
  fresh('closed', 'a balancer without servers'),
  fresh('silent', 'swallows', `error ${at} does not answer: curl said so`),
  fresh('foreign', "another cluster's", `error ${stranger}`),
  fresh('unverified', 'somebody, while this cluster has no authority', `error ${stranger}`),
  fresh('untried', 'no curl', `warning curl is not there, by which ${at} is asked`),

  used('verified', 200, 'an API server'),
  used('verified', 503, 'an API server that is not ready', `warning ${at} answers 503 to /readyz`),
  used('unnamed', 200, 'an API server under another name', `warning the certificate behind ${at} does not name it yet`),
  used('unverified', 200, 'a host that joins, without an authority to judge by'),
  used('refused', 0, 'refuses', `error no API server answers behind ${at}: curl said so`),
  used('closed', 0, 'a balancer without servers', `error no API server answers behind ${at}: curl said so`),
  used('silent', 0, 'swallows', `error no API server answers behind ${at}: curl said so`),
  used('foreign', 200, "another cluster's", `error ${stranger}`),
  {
    id: 'EndpointAnswers',
    what: 'refuses, and every API server is down too: what mends them mends it',
    cluster: named,
    seen: { ...inUse(seenAs('refused')), a: { health: new Map([...ready.keys()].map((url) => [url, { status: 0 }])), contents: kubelet } },
    lines: [],
  },
  {
    id: 'EndpointAnswers',
    what: 'refuses, and no kubelet was started: the bring-up waits for it later',
    cluster: named,
    seen: { a: { health: ready }, w: seenAs('refused') },
    lines: [],
  },

  owner(
    'the name of one control plane',
    named,
    ['192.0.2.2'],
    'warning c EndpointOneNode: k8s.example.com:8443 (192.0.2.2) is the node b itself: when it fails, no other API server is found',
  ),
  owner(
    'the address of one control plane',
    sample(three, { endpoint: '192.0.2.2:6443' }),
    ['192.0.2.2'],
    'warning c EndpointOneNode: 192.0.2.2:6443 is the node b itself: when it fails, no other API server is found',
  ),
  owner('the name of several', named, ['192.0.2.2', '192.0.2.3']),
  owner('an address of its own', literal, ['192.0.2.5']),
  {
    id: 'EndpointOneNode',
    what: 'the only control plane',
    cluster: lone,
    seen: { n1: seenAs('refused', { addresses: ['192.0.2.1'] }) },
    lines: [],
  },
];
