import type { NodeName } from '../../../src/cluster/cluster.ts';
import type { Action } from '../../../src/engine/action.ts';
import { StoppedError } from '../../../src/errors.ts';

const mebibyte = 1024 ** 2;
type CareAction = Extract<Action, { kind: 'etcd-move-leader' | 'etcd-compact' | 'etcd-defrag' | 'etcd-disarm' }>;

export interface ModelRoom {
  sizeMiB: number;
  inUseMiB: number;
}

/** The files of etcd's members: how large they are, and what happens when they reach their quota. */
export class ModelRooms {
  readonly byNode = new Map<NodeName, ModelRoom>();
  /** Which member each defragmentation was on, and whether it led. */
  readonly done: string[] = [];
  quotaMiB = 8192;
  alarms: string[] = [];
  /** Of what is in use, the part that is history. */
  historyMiB = 0;
  leader: string | undefined;

  statusOf(name: NodeName): { dbSizeBytes: number; dbSizeInUseBytes: number; quotaBytes: number } {
    const { sizeMiB, inUseMiB } = this.roomOf(name);
    return { dbSizeBytes: sizeMiB * mebibyte, dbSizeInUseBytes: inUseMiB * mebibyte, quotaBytes: this.quotaMiB * mebibyte };
  }

  roomOf(name: NodeName): ModelRoom {
    const room = this.byNode.get(name) ?? { sizeMiB: 4, inUseMiB: 4 };
    this.byNode.set(name, room);
    return room;
  }

  care(on: NodeName, action: CareAction, leads: boolean): void {
    const room = this.roomOf(on);
    if (action.kind === 'etcd-move-leader') this.leader = action.to;
    if (action.kind === 'etcd-compact') room.inUseMiB -= this.historyMiB;
    if (action.kind === 'etcd-defrag' && (room.sizeMiB - room.inUseMiB) * mebibyte >= action.leastGainBytes) {
      this.done.push(leads ? `${on} as leader` : on);
      room.sizeMiB = room.inUseMiB;
    }
    if (action.kind !== 'etcd-disarm') return;
    const full = [...this.byNode].find(([, { sizeMiB }]) => sizeMiB >= 0.9 * this.quotaMiB);
    if (full !== undefined) throw new StoppedError(`not enough room yet: ${full[0]}`);
    this.alarms = [];
  }
}
