/** What is used of a JSON Schema that zod writes. */
export interface Schema {
  readonly type?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

interface Section {
  readonly path: string;
  readonly schema: Schema;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '\\<');
const anchorOf = (path: string): string => path.toLowerCase().replaceAll(/[^\w-]/g, '');

/** `nodes[].components` says what `cluster.components` says: it is described once. */
const isRepeated = (path: string): boolean => path === 'nodes[].components';
const isComponent = (path: string): boolean => path.startsWith('cluster.components.');

function childrenOf({ path, schema }: Section): readonly Section[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const childPath = path === '' ? name : `${path}.${name}`;
    const items = child.items?.properties === undefined ? [] : [{ path: `${childPath}[]`, schema: child.items }];
    const own = child.properties === undefined ? [] : [{ path: childPath, schema: child }];
    return [...own, ...items];
  });
}

/** The section itself and all below it, in the order of the schema. */
function sectionsBelow(section: Section): readonly Section[] {
  if (isRepeated(section.path)) return [];
  const below = childrenOf(section).filter(({ path }) => !isComponent(path));
  return [section, ...below.flatMap(sectionsBelow)];
}

/** One of several forms: a mapping has no section of its own, so its keys are named. */
function choiceOf(schema: Schema): string {
  const keys = Object.keys(schema.properties ?? {});
  return keys.length === 0 ? typeOf(schema) : `mapping of ${keys.map((key) => `\`${key}\``).join(', ')}`;
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(', ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(choiceOf))].join(', or ');
  if (schema.type === 'array')
    return `list of ${typeOf(schema.items ?? {})}${schema.maxItems === undefined ? '' : ` (at most ${schema.maxItems})`}`;
  if (schema.type === 'integer') return `number ${schema.minimum} – ${schema.maximum}`;
  if (schema.type === 'object') return 'mapping';
  return schema.type === 'string' ? 'text' : (schema.type ?? 'any value');
}

function defaultOf(schema: Schema): string {
  const { default: value } = schema;
  if (value === undefined || (schema.type === 'object' && Object.keys(value as object).length === 0)) return '';
  return `\`${JSON.stringify(value).replaceAll('"', '')}\``;
}

function row(section: Section, name: string, schema: Schema): string {
  const path = section.path === '' ? name : `${section.path}.${name}`;
  const target = [path, `${path}[]`].find((candidate) => childrenOf(section).some((child) => child.path === candidate));
  const link = target !== undefined && isRepeated(target) ? 'cluster.components' : target;
  const field = link === undefined || isComponent(link) ? `\`${name}\`` : `[\`${name}\`](#${anchorOf(link)})`;
  const must = section.schema.required?.includes(name) === true ? 'required' : defaultOf(schema);
  return `| ${field} | ${cell(typeOf(schema))} | ${must} | ${cell(schema.description ?? '')} |\n`;
}

function tableOf(section: Section): string {
  const rows = Object.entries(section.schema.properties ?? {}).map(([name, schema]) => row(section, name, schema));
  return `| Field | Type | Default | Meaning |\n|---|---|---|---|\n${rows.join('')}`;
}

/** Which component knows which settings, then the settings once. */
function componentTables({ schema }: Section): string {
  const components = Object.entries(schema.properties ?? {});
  const settings = new Map(components.flatMap(([, { properties }]) => Object.entries(properties ?? {})));
  const names = [...settings.keys()];
  const head = `| Component | ${names.map((name) => `\`${name}\``).join(' | ')} |\n|---|${'---|'.repeat(names.length)}\n`;
  const rows = components.map(([component, { properties }]) => {
    const marks = names.map((name) => (properties?.[name] === undefined ? '' : 'yes'));
    return `| \`${component}\` | ${marks.join(' | ')} |\n`;
  });
  const meaning = [...settings].map(([name, setting]) => `| \`${name}\` | ${typeOf(setting)} | ${cell(setting.description ?? '')} |\n`);
  return `${head}${rows.join('')}\n| Setting | Type | Meaning |\n|---|---|---|\n${meaning.join('')}`;
}

function describeSection(section: Section): string {
  const heading = section.path === '' ? 'The file' : `\`${section.path}\``;
  const table = section.path === 'cluster.components' ? componentTables(section) : tableOf(section);
  return `## ${heading}\n\n${section.schema.description ?? ''}\n\n${table}`.trimEnd();
}

/** The reference of the inventory as Markdown, from its JSON Schema. */
export function describeInventory(schema: Schema): string {
  const intro = `# Inventory reference

Every field of an inventory, made from its JSON Schema; \`kcluster inventory schema\` prints that schema for your editor.
How the fields are used, with examples: [the guide](../guide/inventory.md). This page is generated: \`UPDATE_DOCS=1 npx vitest run test/docs\`.`;
  return `${[intro, ...sectionsBelow({ path: '', schema }).map(describeSection)].join('\n\n')}\n`;
}
