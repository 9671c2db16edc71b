import { type DeadLetter, UsageError } from '#lib/contracts';

import { type Context, show } from '../context.ts';

const actions = ['retry', 'drop'] as const;

export interface DeadLetterFlags {
  all?: boolean;
}

/** Lists jobs that were given up, or retries or drops those that are named. */
export async function deadLetters(
  context: Context,
  action: string | undefined,
  subjects: string[],
  flags: DeadLetterFlags,
): Promise<void> {
  const client = await context.control();
  if (action === undefined) return show(context, await client.deadLetters(), listText);
  const known = actions.find((name) => name === action);
  if (!known)
    throw new UsageError(`dead-letters: ${action} is not known`, {
      field: 'action',
      remedy: `use ${actions.join(' or ')}, or nothing to list them`,
    });
  const chosen = flags.all ? (await client.deadLetters()).map(({ subject }) => subject) : subjects;
  if (chosen.length === 0 && !flags.all)
    throw new UsageError(`dead-letters ${known}: which one?`, {
      remedy: 'name subjects as ./unlabel dead-letters shows them, or use --all',
    });
  const ends = [];
  for (const subject of chosen)
    ends.push(await (known === 'retry' ? client.retryDeadLetter(subject) : client.dropDeadLetter(subject)));
  show(context, ends, (all) =>
    all.length === 0
      ? 'there is no dead letter'
      : all
          .map(({ letter, resumed }) => {
            const runs = resumed.length > 0 ? `; goes on: ${resumed.join(', ')}` : '';
            return `${letter.subject}  ${known === 'retry' ? 'asked for again' : 'dropped'}${runs}`;
          })
          .join('\n'),
  );
}

function listText(letters: DeadLetter[]): string {
  if (letters.length === 0) return 'no dead letter: no job was given up';
  const blocks = letters.map(({ subject, reason, remedy, strikes, deliveries, resultKey, at }) =>
    [
      subject,
      `  ${reason}`,
      ...(remedy ? [`  ${remedy}`] : []),
      `  ${at}, delivered ${deliveries} times, ${strikes} strikes${resultKey ? `, would have made ${resultKey}` : ''}`,
    ].join('\n'),
  );
  return [
    ...blocks,
    'again: ./unlabel dead-letters retry SUBJECT… (or --all); forget: ./unlabel dead-letters drop SUBJECT…',
  ].join('\n\n');
}
