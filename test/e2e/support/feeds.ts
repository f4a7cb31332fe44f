import type { OwnLab } from './own-lab.ts';

interface Feed {
  readonly host: string;
  /** sh that makes one request and succeeds when it was answered as it should be; its output is kept when it fails. */
  readonly request: string;
}

export interface Fed {
  readonly requests: number;
  /** Time and output of each request that failed. */
  readonly failures: readonly string[];
}

/** Clients on hosts of a lab that ask all the time, one request after the other, and count. */
export class Feeds {
  private readonly lab: OwnLab;
  private readonly feeds: Readonly<Record<string, Feed>>;

  constructor(lab: OwnLab, feeds: Readonly<Record<string, Feed>>) {
    this.lab = lab;
    this.feeds = feeds;
  }

  async start(): Promise<void> {
    for (const [name, { host, request }] of Object.entries(this.feeds)) {
      const script = `#!/bin/sh
cd /run/feed-${name} || exit
count=0
while [ ! -e stop ]; do
  count=$((count + 1))
  said=$(${request} 2>&1) || printf '%s %s\\n' "$(date +%T.%N)" "$said" >>failures
  echo "$count" >count.new && mv count.new count
  sleep 0.05
done
`;
      const file = `/run/feed-${name}/feed`;
      await this.lab.on(host, `mkdir -p /run/feed-${name} && cat >${file} <<'FEED'\n${script}FEED\nchmod +x ${file}`);
      await this.lab.on(host, `systemd-run -q --collect --unit feed-${name} ${file}`);
    }
  }

  /** What each of them counted so far. */
  async read(): Promise<Readonly<Record<string, Fed>>> {
    const all = Object.entries(this.feeds).map(async ([name, { host }]) => {
      const text = await this.lab.on(host, `cd /run/feed-${name} && cat count && { cat failures 2>/dev/null || true; }`);
      const [count = '0', ...failures] = text.trim().split('\n');
      return [name, { requests: Number(count), failures }] as const;
    });
    return Object.fromEntries(await Promise.all(all));
  }

  async stop(): Promise<void> {
    for (const [name, { host }] of Object.entries(this.feeds)) {
      await this.lab.on(host, `touch /run/feed-${name}/stop; while systemctl is-active -q feed-${name}; do sleep 0.1; done`);
    }
  }
}
