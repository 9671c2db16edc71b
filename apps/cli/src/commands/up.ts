import { once } from 'node:events';

import type { Context } from '../context.ts';
import { endStack, joinStack } from '../stack/join-stack.ts';

/** Starts the local stack and keeps it until Ctrl-C; joins one that is there already, which then stays. */
export async function up(context: Context): Promise<void> {
  const { stack, started } = await joinStack(context.say);
  context.print(
    `dashboard and API  ${stack.control}\nNATS               ${stack.nats}\nstorage            ${stack.storage}`,
  );
  if (!started) return context.say('the stack was running already; ./unlabel down ends it');
  context.say('Ctrl-C ends the stack');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  context.say('ending the stack');
  await endStack();
}

/** Ends the local stack from anywhere; runs go on from their last checkpoint when it is started again. */
export async function down(context: Context): Promise<void> {
  context.print((await endStack()) ? 'the stack has ended' : 'no stack is running here');
}
