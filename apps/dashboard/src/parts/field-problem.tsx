import type { Problem } from '../state/problem.ts';
import { ProblemWords } from './problem-words.tsx';

/** What is wrong with a field, beside it. @param id what the field names in `aria-describedby` */
export function FieldProblem({ id, problem }: { id: string; problem: Problem | undefined }) {
  if (!problem) return null;
  return (
    <p class="problem" id={id} role="alert">
      <ProblemWords problem={problem} />
    </p>
  );
}
