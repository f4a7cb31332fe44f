import { z } from 'zod';
import { type ComponentName, componentNames } from '../cluster/cluster.ts';
import { InternalError } from '../errors.ts';
import data from './catalogue.json' with { type: 'json' };

const minor = z.string().regex(/^\d+\.\d+$/);
const release = z.string().regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** `{version}`, `{arch}` and, for checksum files, `{url}` are filled in. */
const template = z.string().regex(/\{(version|url)\}/);
const component = z.enum(componentNames);
/** A component's release line -> Kubernetes minors it works with; absent: the same release as Kubernetes. */
const serves = z.record(minor, z.array(minor)).optional();

const entry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), url: template, checksum: template, binary: z.string(), serves }),
  z.strictObject({ kind: z.literal('archive'), url: template, checksum: template, members: z.record(z.string(), z.string()), serves }),
  z.strictObject({ kind: z.literal('image'), reference: template, serves }),
]);

export const catalogueSchema = z.strictObject({
  defaultKubernetes: release,
  kubernetes: z.record(minor, z.strictObject({ newest: release, defaults: z.partialRecord(component, release) })),
  components: z.record(component, entry),
  pins: z.partialRecord(component, z.record(release, z.strictObject({ amd64: sha256.optional(), arm64: sha256.optional() }))),
});

export type Catalogue = z.infer<typeof catalogueSchema>;
export type CatalogueEntry = z.infer<typeof entry>;
export type Architecture = 'amd64' | 'arm64';

/** @throws InternalError when the data shipped with kcluster breaks its own schema. */
export function readCatalogue(raw: unknown): Catalogue {
  const result = catalogueSchema.safeParse(raw);
  if (result.success) return result.data;
  throw new InternalError(`the artifact catalogue is broken: ${z.prettifyError(result.error)}`);
}

export const catalogue: Catalogue = readCatalogue(data);

export function catalogueEntry(name: ComponentName): CatalogueEntry {
  return catalogue.components[name];
}

/** Components released together with Kubernetes: they take its version. */
export function isReleasedWithKubernetes(name: ComponentName): boolean {
  return catalogue.components[name].serves === undefined;
}
