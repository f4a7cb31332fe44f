import { Command, Flags } from '@oclif/core';
import { abortOnSignals } from '../../lab/abort-on-signals.ts';
import { labUp } from '../../lab/lab-up.ts';
import { builtMirror } from '../../lab/paths.ts';

export default class LabUp extends Command {
  static override description = `Make disposable machines on this Linux host, and the inventory for them.

They are systemd-nspawn containers that boot Debian 12 with SSH: no hypervisor, no internet once the base system is built. Needs root. A lab that is there already is left as it is; hosts of it that do not run are booted again.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --name big --control-planes 3 --workers 2 --etcd 3',
    '<%= config.bin %> <%= command.id %> --install --mirror /srv/kcluster-mirror --json',
  ];
  static override flags = {
    name: Flags.string({ description: 'name of the lab and of its cluster', default: 'demo' }),
    'control-planes': Flags.integer({ description: 'number of control-plane hosts', default: 1, min: 1 }),
    workers: Flags.integer({ description: 'number of worker hosts; 0 makes control planes carry pods too', default: 2, min: 0 }),
    etcd: Flags.integer({ description: 'number of hosts for etcd alone; 0 stacks it on the control planes', default: 0, min: 0 }),
    'kubernetes-version': Flags.string({ description: 'version to put into the inventory', helpValue: 'VERSION' }),
    mirror: Flags.string({
      description: 'directory or URL of artifacts to put into the inventory; default: what was built here, if it was',
      helpValue: 'DIR',
    }),
    install: Flags.boolean({ description: 'install missing Debian packages on this machine', default: false }),
    json: Flags.boolean({ description: 'print the result as JSON; progress goes to standard error', default: false }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabUp);
    const mirror = flags.mirror ?? builtMirror();
    const result = await abortOnSignals((signal) =>
      labUp({
        name: flags.name,
        controlPlanes: flags['control-planes'],
        workers: flags.workers,
        etcd: flags.etcd,
        ...(flags['kubernetes-version'] === undefined ? {} : { kubernetesVersion: flags['kubernetes-version'] }),
        ...(mirror === undefined ? {} : { mirror }),
        install: flags.install,
        report: (line) => (flags.json ? this.logToStderr(line) : this.log(line)),
        signal,
      }),
    );
    if (flags.json) {
      this.log(JSON.stringify(result, null, 2));
      return;
    }
    this.log(`inventory: ${result.inventory}`);
    this.log(`next: ${this.config.bin} init -i ${result.inventory}`);
  }
}
