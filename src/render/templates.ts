import Handlebars from 'handlebars';
import { Memo } from '../cluster/memo.ts';
import { systemdAssignment, systemdText } from './systemd.ts';

/** Fills a template named by its path under `templates/`, without `.hbs`, with plain data; a value that is missing is an error. */
export type Render = (name: string, values: object) => string;

const helpers = {
  text: (value: string) => systemdText(value),
  assignment: (name: string, value: string) => systemdAssignment(name, value),
};

/** Many nodes get the same texts, and a run may plan twice. */
const maxTexts = 2_500;

/** `source` gives the text of a template; each is compiled once, and filled once with the same values. */
export function createRenderer(source: (name: string) => string): Render {
  const engine = Handlebars.create();
  for (const [name, helper] of Object.entries(helpers)) engine.registerHelper(name, helper);
  const compiled = new Map<string, HandlebarsTemplateDelegate>();
  const compile = (name: string) =>
    engine.compile(source(name), {
      noEscape: true,
      strict: true,
      preventIndent: true,
      knownHelpers: { text: true, assignment: true },
      knownHelpersOnly: true,
    });
  const texts = new Memo<string>(maxTexts);
  const fill = (name: string, values: object): string => {
    const template = compiled.get(name) ?? compile(name);
    compiled.set(name, template);
    return template(values);
  };
  return (name, values) => texts.of(`${name} ${JSON.stringify(values)}`, () => fill(name, values));
}
