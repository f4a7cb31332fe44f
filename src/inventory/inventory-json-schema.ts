import { z } from 'zod';
import { inventorySchema } from './schema/cluster-schema.ts';

/** The form of an inventory for editors, as JSON Schema 2020-12; rules across fields are not in it. */
export function inventoryJsonSchema(): object {
  return { ...z.toJSONSchema(inventorySchema, { io: 'input' }), title: 'kcluster inventory' };
}
