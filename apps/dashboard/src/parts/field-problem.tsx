import type { Problem } from '../state/problem.ts';

/** What is wrong with a field, beside it. @param id what the field names in `aria-describedby` */
export function FieldProblem({ id, problem }: { id: string; problem: Problem | undefined }) {
  if (!problem) return null;
  return (
    <p class="problem" id={id} role="alert">
      {problem.text}
      {problem.remedy && ` · ${problem.remedy}`}
    </p>
  );
}
