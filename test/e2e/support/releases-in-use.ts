import type { OwnLab } from './own-lab.ts';

/** Release of a program that the next start of its unit takes on each of these hosts. */
export function inUse(lab: OwnLab, component: string, shorts: readonly string[]): Promise<readonly string[]> {
  const release = async (short: string): Promise<string> =>
    (await lab.on(short, `readlink /opt/kcluster/bin/${component}`)).trim().split('/').at(-2) ?? '';
  return Promise.all(shorts.map(release));
}

/** Releases that kubelets tell, each once. */
export async function kubeletsTell(lab: OwnLab): Promise<readonly string[]> {
  const told = await lab.kubectl('cp1', `get nodes -o 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}'`);
  return [...new Set(told.trim().split(' '))];
}

export async function cordoned(lab: OwnLab): Promise<string> {
  return (await lab.kubectl('cp1', `get nodes -o 'jsonpath={.items[?(@.spec.unschedulable==true)].metadata.name}'`)).trim();
}
