import { setTimeout as sleep } from 'node:timers/promises';

import { isUnreachable, SetupError } from './errors.mjs';
import { type IndexClient } from './index-client.ts';

/** A file that an index offers. */
export interface IndexFile {
  name: string;
  url: string;
  sha256?: string | undefined;
  sizeBytes?: number | undefined;
}

interface JsonPage {
  files: { filename: string; url: string; hashes?: { sha256?: string }; size?: number }[];
}

const accept = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';

/** A project's page on an index; runs of `-_.` in the name become one dash (PEP 503). */
export const projectPage = (indexUrl: string, project: string): string =>
  `${indexUrl.replace(/\/+$/, '')}/${project.toLowerCase().replace(/[-_.]+/g, '-')}/`;

/** Without the user's name and password: what may be shown. */
function withoutLogin(url: string): string {
  const shown = new URL(url);
  shown.username = shown.password = '';
  return shown.href;
}

/**
 * The files that a project's page lists, as JSON (PEP 691) or as HTML (PEP 503).
 *
 * @param pageUrl the page's address after redirects: links may be relative to it
 * @param indexUrl the index as configured: links on its host keep its login
 */
export function parseProjectPage(text: string, contentType: string, pageUrl: string, indexUrl: string): IndexFile[] {
  const absolute = (href: string): string => {
    const url = new URL(href, pageUrl);
    const index = new URL(indexUrl);
    if (url.host === index.host) [url.username, url.password] = [index.username, index.password];
    url.hash = '';
    return url.href;
  };
  if (contentType.includes('json'))
    return (JSON.parse(text) as JsonPage).files.map(({ filename, url, hashes, size }) => ({
      name: filename,
      url: absolute(url),
      sha256: hashes?.sha256,
      sizeBytes: size,
    }));
  const links = text.matchAll(/<a\s[^>]*?href\s*=\s*["']([^"']+)["'][^>]*>\s*([^<]+?)\s*<\/a>/gi);
  return [...links].map(([, link = '', name = '']) => {
    const href = link.replaceAll('&amp;', '&');
    return { name, url: absolute(href), sha256: /[#&]sha256=([0-9a-f]{64})/.exec(href)?.[1] };
  });
}

async function getPage(get: IndexClient, url: string, tries: number, retryMs: number) {
  for (let attempt = 1; ; attempt++) {
    try {
      const { response, url: pageUrl } = await get(url, { accept });
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const contentType = response.headers['content-type'] ?? '';
      return { status: response.statusCode, pageUrl, contentType, text: Buffer.concat(chunks).toString('utf8') };
    } catch (error) {
      if (attempt === tries || !isUnreachable((error as NodeJS.ErrnoException).code)) throw error;
      await sleep(retryMs * 2 ** attempt);
    }
  }
}

/**
 * The files of a project on the first index that has it.
 *
 * @param retryMs wait before the second try; doubles with each
 * @throws SetupError when the indexes answer but none has it; the connection's error when none answers
 */
export async function listFiles(
  get: IndexClient,
  indexUrls: string[],
  project: string,
  retryMs = 500,
): Promise<IndexFile[]> {
  const answers: string[] = [];
  let unreachable: unknown;
  for (const indexUrl of indexUrls) {
    const url = projectPage(indexUrl, project);
    try {
      const { status, pageUrl, contentType, text } = await getPage(get, url, 4, retryMs);
      const files = status === 200 ? parseProjectPage(text, contentType, pageUrl, indexUrl) : [];
      if (files.length > 0) return files;
      answers.push(status === 200 ? `${withoutLogin(url)} lists no file` : `${withoutLogin(url)} answered ${status}`);
    } catch (error) {
      unreachable = error;
    }
  }
  if (answers.length === 0) throw unreachable;
  throw new SetupError(
    `the Python package index does not have ${project}: ${answers.join('; ')}`,
    'point pip at an index that has it (pip config list, PIP_INDEX_URL; 401 and 403: its login), and start again',
  );
}
