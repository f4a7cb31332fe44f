import { z } from 'zod';
import { judgeAbsolutePath, judgeAgeRecipient, judgeCron, judgeEndpointURL, judgeTarget, judgeWebhook } from '../snapshot-syntax.ts';
import { judgeHostKey, matches, patterns } from '../syntax.ts';
import { mapping, path, text, wholeNumber } from './building-blocks.ts';

const count = (what: string) => wholeNumber(what, 0, 1000);

const keep = mapping(
  {
    last: wholeNumber('The newest, whatever day they are of.', 1, 1000).default(7),
    daily: count('The newest of so many days.').default(7),
    weekly: count('The newest of so many weeks.').default(4),
    monthly: count('The newest of so many months.').default(6),
  },
  'How many backups stay in each place; what no line keeps is deleted once a newer one is known to be good.',
);

const url = 'A directory on the host (/srv/backup), ssh://user@host[:port]/path, or s3://bucket[/prefix].';
const target = z.union(
  [
    text('An absolute path.', judgeTarget),
    mapping(
      {
        url: text(url, judgeTarget),
        identityFile: path('ssh: private key without a passphrase, relative to the inventory or under ~.').optional(),
        hostKey: text('ssh: public host key of that machine, as in its /etc/ssh/ssh_host_ed25519_key.pub.', judgeHostKey).optional(),
        endpoint: text('s3: where the store answers, such as https://s3.eu-central-1.amazonaws.com.', judgeEndpointURL).optional(),
        region: text(
          's3: region of the bucket; default us-east-1.',
          matches(patterns.region, 'is not a region, such as "eu-central-1"'),
        ).optional(),
        credentialsFile: path('s3: file with the lines aws_access_key_id = … and aws_secret_access_key = ….').optional(),
      },
      'A place with what is needed to reach it.',
    ),
  ],
  { error: 'must be an absolute path, or a mapping with url' },
);

export const snapshotsSchema = mapping(
  {
    schedule: text(
      'When backups are made: five fields of cron in UTC, such as "30 3 * * *", or @hourly, @daily, @weekly, @monthly. Absent: by hand only.',
      judgeCron,
    ).optional(),
    keep: keep.prefault({}),
    copyTo: z.array(target).max(8).describe('Places beside /var/lib/kcluster/snapshots that get every backup.').default([]),
    encryptTo: z
      .array(text('age1…', judgeAgeRecipient))
      .max(16)
      .describe('Public keys of age; only who has one of the private keys can read a backup.')
      .default([]),
    webhook: text('Gets a POST with JSON when a backup failed.', judgeWebhook).optional(),
    metrics: text("Directory of node_exporter's textfile collector; gets kcluster_backup.prom.", judgeAbsolutePath).optional(),
  },
  'Backups of etcd and of what belongs to it.',
);

export type SnapshotsSection = z.output<typeof snapshotsSchema>;
