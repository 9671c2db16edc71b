import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import {
  computationInWords,
  flattenSettings,
  type RunDetail,
  type RunRecipe,
  type RunResolved,
  settingsThatDiffer,
  settingText,
} from '#lib/contracts';
import { count, duration } from '#lib/figures';

/** Parts of a spec that say what it is, not how it trains. */
const leftOut = new Set(['format', 'version', 'recipe']);

/** What a run was asked for, with what differs from its recipe, and what was decided before its first step. */
export function SpecPanel({ run, recipe }: { run: RunDetail; recipe: RunRecipe | undefined }) {
  const isShort = useSignal(false);
  const changed = useMemo(() => {
    if (!recipe?.spec) return undefined;
    return new Map(settingsThatDiffer([run.spec, recipe.spec]).map(({ key, values }) => [key, values[1]]));
  }, [run.spec, recipe]);
  const settings = useMemo(
    () =>
      [...flattenSettings(run.spec)]
        .filter(([key]) => !leftOut.has(key.split('.')[0] as string))
        .sort(([a], [b]) => Number(changed?.has(b) ?? false) - Number(changed?.has(a) ?? false)), // what differs comes first
    [run.spec, changed],
  );
  const shown = isShort.value && changed ? settings.filter(([key]) => changed.has(key)) : settings;
  return (
    <section class="panel" aria-labelledby="spec">
      <h2 id="spec">Spec</h2>
      <p>
        {recipe && !recipe.spec && (
          <>Recipe {recipe.recipe} or its dataset is no longer what it was: every setting is shown alike. </>
        )}
        {changed?.size === 0 && <>As recipe {run.spec.recipe} says, without changes. </>}
        {changed && changed.size > 0 && (
          <>
            <strong>
              {changed.size} {changed.size === 1 ? 'setting differs' : 'settings differ'} from recipe {run.spec.recipe}
            </strong>
            ; all others are its defaults.{' '}
            <label>
              <input type="checkbox" checked={isShort.value} onChange={() => (isShort.value = !isShort.value)} /> show
              only those
            </label>
          </>
        )}
      </p>
      <div class="scroll tall" tabIndex={0} role="region" aria-label="Settings">
        <table class="spec">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
              <th scope="col">In the recipe</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(([key, value]) => (
              <tr key={key} class={changed?.has(key) ? 'changed' : ''}>
                <th scope="row">
                  <code>{key}</code>
                </th>
                <td>
                  <code>{settingText(value)}</code>
                </td>
                <td class="muted">
                  {changed?.has(key) ? <code>{settingText(changed.get(key))}</code> : changed ? 'the same' : '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {run.resolved && <Resolved resolved={run.resolved} />}
    </section>
  );
}

/** What was decided once, before the first step. */
function Resolved({ resolved }: { resolved: RunResolved }) {
  const { computation, trial } = resolved;
  const decided: [string, string][] = [
    ['computed in', `${computationInWords(computation)}, on ${resolved.device === 'gpu' ? 'a GPU' : 'a processor'}`],
    ['why', computation.why],
    ['threads', `${resolved.intraOpThreads} an operation, ${resolved.interOpThreads} operations at once`],
    ['steps', `${count(resolved.totalSteps)}, ${count(resolved.stepsPerEpoch)} an epoch`],
    ['parameters', count(resolved.parameters)],
    ...(trial
      ? [
          ['budget', `turned into steps by a trial of ${trial.steps}: ${duration(trial.secondsPerStep)} a step`] as [
            string,
            string,
          ],
        ]
      : []),
    ['views', `${resolved.viewsHash.slice(0, 12)} (runs of one hash share their view blocks)`],
  ];
  return (
    <>
      <h3>Decided before the first step</h3>
      <dl class="decided">
        {decided.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {computation.trials.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Ways to compute that were compared">
          <table>
            <caption>Ways to compute that were compared</caption>
            <thead>
              <tr>
                <th scope="col">Way</th>
                <th scope="col" class="number">
                  Time of a step
                </th>
              </tr>
            </thead>
            <tbody>
              {computation.trials.map((each) => (
                <tr key={computationInWords(each)}>
                  <th scope="row">{computationInWords(each)}</th>
                  <td class="number">{each.failure ?? duration(each.secondsPerStep)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
