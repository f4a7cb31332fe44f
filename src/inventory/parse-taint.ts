import type { Taint } from '../cluster/cluster.ts';
import { absentTaint } from '../cluster/taint.ts';
import { quote, suggestion } from './suggest.ts';
import { judgeLabelKey, judgeLabelValue } from './syntax.ts';

export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;

const isEffect = (text: string): text is Taint['effect'] => (taintEffects as readonly string[]).includes(text);

/** What is wrong with the key of a taint, or undefined; one key is kcluster's own. */
export function judgeTaintKey(key: string): string | undefined {
  return key === absentTaint.key ? `${quote(key)} is kcluster's own: state: down sets it` : judgeLabelKey(key);
}

/** Reads `key=value:Effect` or `key:Effect`; a text when it is none. */
export function parseTaint(text: string): Taint | string {
  const match = /^([^=:]+)(?:=([^:]*))?:([^:]+)$/.exec(text);
  if (match === null) return `${quote(text)} is not a taint, such as "dedicated=storage:NoSchedule"`;
  const [, key = '', value = '', effect = ''] = match;
  if (!isEffect(effect)) return `${quote(effect)} is not an effect of a taint${suggestion(effect, taintEffects)}`;
  return judgeTaintKey(key) ?? judgeLabelValue(value) ?? { key, value, effect };
}
