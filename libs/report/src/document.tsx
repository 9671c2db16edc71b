import { sha256 } from '@noble/hashes/sha2.js';
import { renderToString } from 'preact-render-to-string';

import { Curves } from './curves.tsx';
import { Differences } from './differences.tsx';
import { moment } from './format.ts';
import type { ReportData } from './report-data.ts';
import { Results } from './results.tsx';
import { RunSection } from './run-section.tsx';
import { style } from './style.ts';
import { verdict } from './verdict.ts';

/**
 * A report as one HTML file. It asks for nothing when it is opened, and may not: its policy allows no request at all, no script, the one style sheet within it,
 * and pictures that are data URLs.
 */
export function reportHtml(data: ReportData): string {
  return `<!DOCTYPE html>\n${renderToString(<Document data={data} />)}\n`;
}

/** What the page may do: nothing but show itself. The hash is that of the style sheet. */
function policy(): string {
  const digest = sha256(new TextEncoder().encode(style));
  const base64 = btoa(String.fromCharCode(...digest));
  return `default-src 'none'; style-src 'sha256-${base64}'; img-src data:; base-uri 'none'; form-action 'none'`;
}

function Document({ data }: { data: ReportData }) {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={policy()} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>{data.title}</title>
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <main>
          <Body data={data} />
        </main>
      </body>
    </html>
  );
}

function Body({ data }: { data: ReportData }) {
  const { comparison, dataset, runs, title, madeAt, codeVersion } = data;
  const { headline, details, best } = verdict(comparison);
  return (
    <>
      <h1>{title}</h1>
      <p class="made">{`Written ${moment(madeAt)} by Unlabel ${codeVersion}. Dataset ${comparison.dataset}, content ${comparison.contentHash.slice(0, 12)}.`}</p>
      <section class="verdict" aria-label="In short">
        <p class="headline">{unbroken(headline)}</p>
        {details.map((detail) => (
          <p key={detail}>{unbroken(detail)}</p>
        ))}
      </section>
      <Contents data={data} />
      <section class="results">
        <h2 id="results">Results</h2>
        <Results comparison={comparison} best={best} />
      </section>
      <Differences runs={runs} />
      <section class="curves">
        <h2 id="curves">Curves</h2>
        <Curves data={data} />
      </section>
      {runs.map((run) => (
        <RunSection key={run.detail.summary.run} run={run} dataset={dataset} />
      ))}
      <footer class="small">
        Everything above was measured on the data, by the code and on the device that is named with it. This file needs
        no network.
      </footer>
    </>
  );
}

/** A number and its unit stay on one line. */
const unbroken = (text: string): string => text.replaceAll(/(?<=\d) (?=%|points)/g, '\u00a0');

function Contents({ data: { runs } }: { data: ReportData }) {
  return (
    <nav aria-label="Contents">
      <ul>
        <li>
          <a href="#results">Results</a>
        </li>
        {runs.length > 1 && (
          <li>
            <a href="#differences">Differences</a>
          </li>
        )}
        <li>
          <a href="#curves">Curves</a>
        </li>
        {runs.map(({ detail: { summary }, about }) => (
          <li key={summary.run}>
            <a href={`#run-${summary.run}`}>{about.title ?? summary.run}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
