/** Replaces `{name}` by its value. @throws RangeError for a name without a value: the catalogue is wrong. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`no value for {${name}} in ${template}`);
    return value;
  });
}
