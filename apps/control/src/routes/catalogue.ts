import { type OpenAPIHono, z } from '@hono/zod-openapi';

import { apiHealthSchema, catalogueEntrySchema, doctorReportSchema } from '#lib/contracts';

import type { Control } from '../control.ts';
import { get } from './answers.ts';

export function catalogueRoutes(app: OpenAPIHono, control: Control): void {
  const entries = z.array(catalogueEntrySchema);
  app.openapi(get('/api/health', apiHealthSchema, 'what this control serves'), (c) => c.json(control.health(), 200));
  app.openapi(get('/api/methods', entries, 'methods'), (c) => c.json(control.methods(), 200));
  app.openapi(get('/api/backbones', entries, 'backbones'), (c) => c.json(control.backbones(), 200));
  app.openapi(get('/api/recipes', entries, 'recipes'), (c) => c.json(control.recipeList(), 200));
  app.openapi(get('/api/doctor', doctorReportSchema, 'checks of servers and settings'), async (c) =>
    c.json(await control.doctor(), 200),
  );
}
