import { setTimeout as sleep } from 'node:timers/promises';

import type { Context } from '../context.ts';
import { interrupted } from '../interrupted.ts';
import { home, stackPaths } from '../stack/paths.ts';
import { endStack, joinStack } from '../stack/join-stack.ts';
import { lockHolder } from '../stack/stack-file.ts';
import { sayTunnel } from '../tunnel.ts';

const lookEveryMs = 500;

/** Starts the local stack and keeps it until Ctrl-C; joins one that is there already, which then stays. */
export async function up(context: Context): Promise<void> {
  const { stack, started } = await joinStack(context.say);
  context.print(
    `dashboard and API  ${stack.control}\nNATS               ${stack.nats}\nstorage            ${stack.storage}`,
  );
  sayTunnel(context.say, stack.control);
  if (!started) return context.say('the stack was running already; ./unlabel down ends it');
  context.say('Ctrl-C ends the stack');
  const { signal, dispose } = interrupted();
  const paths = stackPaths(home());
  try {
    while (!signal.aborted && (await lockHolder(paths)) === stack.supervisorPid)
      await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
  } finally {
    dispose();
  }
  if (!signal.aborted) return context.say('the stack was ended from elsewhere');
  context.say('ending the stack');
  await endStack();
}

/** Ends the local stack from anywhere; runs go on from their last checkpoint when it is started again. */
export async function down(context: Context): Promise<void> {
  context.print((await endStack()) ? 'the stack has ended' : 'no stack is running here');
}
