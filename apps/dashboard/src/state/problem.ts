import { signal } from '@preact/signals';

import { UnlabelError } from '#lib/contracts';

export interface Problem {
  text: string;
  remedy: string | undefined;
  /** the field at fault, where there is one */
  field: string | undefined;
}

/** What went wrong last, for the banner; undefined while all is well. */
export const problem = signal<Problem | undefined>(undefined);

/** An error in words. */
export function problemOf(error: unknown): Problem {
  if (error instanceof UnlabelError) return { text: error.message, remedy: error.remedy, field: error.field };
  return { text: error instanceof Error ? error.message : String(error), remedy: undefined, field: undefined };
}

/** Does something; what goes wrong is shown in the banner. @returns whether it was done */
export async function guarded(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    problem.value = problemOf(error);
    return false;
  }
}
