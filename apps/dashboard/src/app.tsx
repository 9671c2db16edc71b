import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { Banner } from './banner.tsx';
import { lazy } from './lazy.tsx';
import { hashOf, type Place, titleOf } from './router.ts';
import { place } from './state/place.ts';
import { tokenWanted } from './state/token.ts';
import { type Theme, theme, themes } from './state/theme.ts';

const Login = lazy(async () => (await import('./login/login.tsx')).Login);
const RunsPage = lazy(async () => (await import('./pages/runs.tsx')).RunsPage);
const RunPage = lazy(async () => (await import('./pages/run.tsx')).RunPage);
const ComparePage = lazy(async () => (await import('./pages/compare.tsx')).ComparePage);
const DatasetsPage = lazy(async () => (await import('./pages/datasets.tsx')).DatasetsPage);
const DatasetPage = lazy(async () => (await import('./pages/dataset.tsx')).DatasetPage);
const PipelinePage = lazy(async () => (await import('./pages/pipeline.tsx')).PipelinePage);

const links: readonly { text: string; place: Place; pages: readonly Place['page'][] }[] = [
  { text: 'Runs', place: { page: 'runs' }, pages: ['runs', 'run'] },
  { text: 'Compare', place: { page: 'compare', runs: [] }, pages: ['compare'] },
  { text: 'Datasets', place: { page: 'datasets' }, pages: ['datasets', 'dataset'] },
  { text: 'Pipeline', place: { page: 'pipeline' }, pages: ['pipeline'] },
];

/** The frame of every page: where one can go, what went wrong, how it looks. */
export function App() {
  const main = useRef<HTMLElement>(null);
  const at = place.value;
  const address = hashOf(at);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = titleOf(at);
    if (!isFirst.current) {
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true }); // a reader of the screen goes on at the new page
    }
    isFirst.current = false;
  }, [address]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header class="frame">
        <a class="brand" href="#/runs">
          Unlabel
        </a>
        <nav aria-label="Pages">
          {links.map(({ text, place: to, pages }) => (
            <a key={text} href={hashOf(to)} {...(pages.includes(at.page) && { 'aria-current': 'page' as const })}>
              {text}
            </a>
          ))}
        </nav>
        <ThemeChoice />
      </header>
      <Banner />
      <main ref={main} tabIndex={-1}>
        {tokenWanted.value === undefined ? <Page at={at} /> : <Login />}
      </main>
    </>
  );
}

function Page({ at }: { at: Place }): JSX.Element {
  switch (at.page) {
    case 'runs':
      return <RunsPage />;
    case 'run':
      return <RunPage key={at.run} run={at.run} />;
    case 'compare':
      return <ComparePage runs={at.runs} />;
    case 'datasets':
      return <DatasetsPage />;
    case 'dataset':
      return <DatasetPage key={at.dataset} dataset={at.dataset} />;
    case 'pipeline':
      return <PipelinePage />;
    case 'unknown':
      return (
        <>
          <h1>Not found</h1>
          <p>
            There is no page at <code>{at.hash}</code>. <a href="#/runs">See the runs</a>
          </p>
        </>
      );
  }
}

const themeNames: Record<Theme, string> = { system: 'as the device', light: 'light', dark: 'dark' };

function ThemeChoice() {
  return (
    <label class="theme">
      <span>Colours</span>
      <select
        value={theme.value}
        onChange={({ currentTarget }) => (theme.value = currentTarget.value as Theme)}
        aria-label="Colours of the page"
      >
        {themes.map((each) => (
          <option key={each} value={each}>
            {themeNames[each]}
          </option>
        ))}
      </select>
    </label>
  );
}
