import type { RunAbout, RunAboutCall } from '#lib/contracts';

import { type Context, show } from '../context.ts';

export interface AboutFlags {
  title?: string;
  tag?: string;
  untag?: string;
  notes?: string;
}

/** Shows what is said of a run, after changing what is given. */
export async function about(context: Context, run: string, flags: AboutFlags): Promise<void> {
  const client = await context.control();
  const said = await client.about(run);
  const call = aboutCall(said, flags);
  const now = Object.keys(call).length === 0 ? said : await client.changeAbout(run, call);
  show(context, now, (text) => aboutText(run, text));
}

/** What the flags change: an empty title takes it away, tags are added to and taken from those that are there. */
export function aboutCall({ tags }: RunAbout, flags: AboutFlags): RunAboutCall {
  const call: RunAboutCall = {};
  if (flags.title !== undefined) call.title = flags.title.trim() === '' ? null : flags.title;
  if (flags.notes !== undefined) call.notes = flags.notes;
  if (flags.tag === undefined && flags.untag === undefined) return call;
  const gone = new Set(words(flags.untag));
  call.tags = [...new Set([...tags, ...words(flags.tag)])].filter((tag) => !gone.has(tag));
  return call;
}

const words = (text = ''): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

function aboutText(run: string, { title, tags, notes }: RunAbout): string {
  const lines = [`${run}  ${title ?? 'without a title'}`, `tags  ${tags.join(', ') || 'none'}`];
  return [...lines, ...(notes === '' ? [] : ['', notes])].join('\n');
}
