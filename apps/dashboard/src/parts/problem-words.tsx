import type { Problem } from '../state/problem.ts';

/** What is wrong, and what to do about it where that is known. */
export const ProblemWords = ({ problem: { text, remedy } }: { problem: Pick<Problem, 'text' | 'remedy'> }) => (
  <>
    {text}
    {remedy && ` · ${remedy}`}
  </>
);
