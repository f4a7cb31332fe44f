import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { Flags } from '@oclif/core';
import { lookAtHosts } from '../app/look.ts';
import { operatorServerURL } from '../app/operator-kubeconfig.ts';
import type { Session } from '../app/session.ts';
import { collectFailures } from '../engine/failures.ts';
import { ConfigurationError, KclusterError, RefusedError } from '../errors.ts';
import { clusterAdminsGroup } from '../pki/certificate-table.ts';
import { clientRequest } from '../pki/client-request.ts';
import { mergeKubeconfig } from '../render/merge-kubeconfig.ts';
import { initWorkflow } from '../workflows/init.ts';
import { ClusterCommand } from './_shared/cluster-command.ts';

export default class KubeconfigCommand extends ClusterCommand {
  static override description = `Issue a kubeconfig, and print it, write it to a file or merge it into yours.

By default it belongs to kubernetes-admin, whose group is bound to cluster-admin and can be taken away.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> > admin.conf',
    '<%= config.bin %> <%= command.id %> --merge',
    '<%= config.bin %> <%= command.id %> --user jane --group developers --ttl 7 --output jane.conf',
  ];
  static override flags = {
    user: Flags.string({ description: 'name of the user', default: 'kubernetes-admin' }),
    group: Flags.string({ description: 'group of the user; default for the default user: kcluster:cluster-admins', multiple: true }),
    ttl: Flags.integer({ description: 'days until it expires', default: 365, min: 1, max: 3650 }),
    output: Flags.string({ description: 'file to write, mode 0600; must not exist', helpValue: 'FILE', exclusive: ['merge'] }),
    merge: Flags.boolean({ description: 'merge into $KUBECONFIG, or ~/.kube/config' }),
  };

  protected override readonly tolerant = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(KubeconfigCommand);
    const groups = flags.group ?? (flags.user === 'kubernetes-admin' ? [clusterAdminsGroup] : []);
    const text = await this.withSession('kubeconfig', flags, false, async (session) => {
      await this.#needAuthority(session);
      return session.issuer.kubeconfig(clientRequest(session.cluster, flags.user, groups, flags.ttl), operatorServerURL(session));
    });
    if (flags.merge) this.log(`merged into ${await this.#merge(text)}`);
    else if (flags.output === undefined) this.log(text.trimEnd());
    else this.log(`wrote ${await this.#write(flags.output, text)}`);
  }

  /** The authority is beside the inventory, or on any control-plane host: hosts that are away matter only when none has it. */
  async #needAuthority(session: Session): Promise<void> {
    const isKnown = (): boolean => session.secrets.get('ca.key') !== undefined && session.secrets.get('ca.crt') !== undefined;
    if (!isKnown()) await lookAtHosts(session, initWorkflow);
    if (isKnown()) return;
    if (session.unreachable.length > 0) throw collectFailures(session.unreachable, 'no connection');
    throw new RefusedError(`cluster ${session.cluster.name} has no authority yet`, { remedy: 'run kcluster init first' });
  }

  async #write(file: string, text: string): Promise<string> {
    try {
      await writeFile(file, text, { flag: 'wx', mode: 0o600 });
      return file;
    } catch (cause) {
      throw new ConfigurationError(`${file} cannot be written, or exists already`, {
        remedy: 'Choose another file with --output FILE.',
        cause,
      });
    }
  }

  async #merge(text: string): Promise<string> {
    // As kubectl reads it: empty entries of the list do not count.
    const file = process.env.KUBECONFIG?.split(path.delimiter).find((entry) => entry !== '') ?? path.join(homedir(), '.kube/config');
    try {
      await mkdir(path.dirname(file), { recursive: true });
      const existing = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      const temporary = `${file}.${process.pid}.tmp`;
      await writeFile(temporary, mergeKubeconfig(existing, text), { mode: 0o600 });
      await rename(temporary, file);
      return file;
    } catch (cause) {
      if (cause instanceof KclusterError) throw cause;
      throw new ConfigurationError(`${file} cannot be changed`, {
        remedy: 'Let KUBECONFIG name another file, or use --output FILE.',
        cause,
      });
    }
  }
}
