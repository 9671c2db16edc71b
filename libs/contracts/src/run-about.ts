import { z } from 'zod';

const title = z.string().trim().min(1).max(120).nullable().describe('shown instead of its id; null: none');
const tags = z.array(z.string().trim().min(1).max(40)).max(20).describe('without repetition, in the order given');
const notes = z.string().max(20_000).describe('plain text');

/** What a person says of a run. It changes nothing about the run; the last writer wins. */
export const runAboutSchema = z.strictObject({
  format: z.literal('unlabel.run-about'),
  version: z.literal(1),
  title,
  tags,
  notes,
});
export type RunAbout = z.infer<typeof runAboutSchema>;

/** Changes to it; what is left out stays. */
export const runAboutCallSchema = z.strictObject({ title, tags, notes }).partial();
export type RunAboutCall = z.infer<typeof runAboutCallSchema>;

/** Of a run of which nobody has said anything. */
export const nothingAbout: RunAbout = { format: 'unlabel.run-about', version: 1, title: null, tags: [], notes: '' };
