import { shellQuote } from '../../render/shell-quote.ts';
import type { Action } from '../action.ts';
import { hostPaths, keptPath, keptStampPath, unitStampPath } from '../host-paths.ts';
import { movedStatus, shellLibrary } from './shell-library.ts';

type Keep = Extract<Action, { kind: 'keep' }>;

const q = shellQuote;
const directoryOf = ({ name }: Keep): string => keptPath(name);

/** A unit that was started since has another stamp: the step came to its end, and what was kept for it is too old to be put back. */
const isCurrent = (kept: string, { units }: Keep): string =>
  units
    .map((unit) => `[ "$(kc_current ${q(unitStampPath(unit))})" = "$(kc_current ${kept}/files${q(unitStampPath(unit))})" ]`)
    .join(' && ');

/**
 * Whole before it counts: what a run that was cut off has replaced already is not what ran before. From the root directory: cp 9.1 looks
 * for the directories that it has made from where it is.
 */
export function writeKeep(action: Keep): string {
  const kept = q(directoryOf(action));
  if (action.unfinished === true) return `[ -e ${kept}/whole ] && return 0\necho ${kept} is there no more >&2\nexit ${movedStatus}`;
  return `[ -e ${kept}/whole ] && ${isCurrent(kept, action)} && return 0
rm -rf ${kept} && mkdir -p -m 0700 ${kept}/files || return
for kc_path in ${action.paths.map(q).join(' ')}; do
  if [ -e "$kc_path" ] || [ -L "$kc_path" ]; then (cd / && cp -a --parents -- "\${kc_path#/}" ${kept}/files) || return
  else printf '%s\\n' "$kc_path" >>${kept}/absent || return; fi
done
find ${kept} -type f -exec sync {} + && : >${kept}/whole && sync ${kept}`;
}

/** What a unit is about to be started with, so that a later run knows whose start it is that runs. */
export function writeStartedNote({ name }: Keep, { unit, inputs }: Extract<Action, { kind: 'unit' }>): string {
  return `kc_stamp ${q(keptStampPath(name, unit))} ${[...inputs].sort().map(q).join(' ')} || return\n`;
}

/** Status by which the script says that there is nothing to put back. */
export const nothingKept = 77;

const startAnew = (unit: string): string => `systemctl reset-failed -q ${q(unit)} 2>/dev/null\nkc_restart ${q(unit)} || exit`;

/** Everything as it was, the units started anew with it. */
export function putBackScript(action: Keep): string {
  const kept = q(directoryOf(action));
  return `${shellLibrary}[ -e ${kept}/whole ] || exit ${nothingKept}
if [ -e ${kept}/absent ]; then while IFS= read -r kc_path; do rm -f -- "$kc_path" || exit; done <${kept}/absent; fi
cd ${kept}/files || exit
find . ! -type d | while IFS= read -r kc_path; do
  kc_path=\${kc_path#.}
  kc_parent "$kc_path"
  kc_tmp="$kc_dir/.\${kc_path##*/}.kcluster-$$"
  cp -a -- ".$kc_path" "$kc_tmp" && { [ -L "$kc_tmp" ] || sync "$kc_tmp"; } && mv -fT "$kc_tmp" "$kc_path" && sync "$kc_dir" || exit
done || exit
systemctl daemon-reload || exit
${action.units.map(startAnew).join('\n')}
cd / && ${forgetScript(action)}
`;
}

/** The step is done: what ran before it is needed no more. */
export function forgetScript(action: Keep): string {
  const kept = q(directoryOf(action));
  // First what makes it whole: what is cut off in here is not put back.
  return `rm -f ${kept}/whole; rm -rf ${kept}; rmdir ${hostPaths.kept} 2>/dev/null; :`;
}
