import type { UpgradeCheck } from '../../src/upgrade/upgrade-check.ts';

const intro = `# Checks of an upgrade

Asked before a cluster goes to another release, from what every node and the API say; what holds for any run is asked by
\`kcluster preflight\`, too. A finding is an error or a warning: the table says which it usually is. An error stops the upgrade; it may be
waived by the name of its check, but for those that are mandatory: what they find does not work.

| Name | Wanted | Finding | May be waived |
| ---- | ------ | ------- | ------------- |
`;

/** The page that lists the checks. */
export function describeUpgradeChecks(checks: readonly UpgradeCheck[]): string {
  const rows = checks.map(
    ({ id, title, severity, mandatory }) => `| \`${id}\` | ${title} | ${severity} | ${mandatory === true ? 'no' : 'yes'} |\n`,
  );
  return `${intro}${rows.join('')}`;
}
