import { existsSync, readFileSync } from 'node:fs';
import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import tls from 'node:tls';

import { readNetrcLogin } from './netrc.ts';
import { type PipSettings } from './pip-settings.ts';

export interface Answer {
  response: IncomingMessage;
  /** Address after redirects, without credentials. */
  url: string;
}
/** GETs an address, as pip would: its certificates, proxy, logins. Any status is an answer. */
export type IndexClient = (url: string, headers?: OutgoingHttpHeaders) => Promise<Answer>;

const idleMs = 60_000;
const mostRedirects = 8;

/** Certificates of Node, of the system and of the PEM files that pip and its HTTP library are told of. */
function authorities(settings: PipSettings, env: NodeJS.ProcessEnv): string[] {
  const files = [settings.cert, env['SSL_CERT_FILE'], env['REQUESTS_CA_BUNDLE']];
  const extra = files.filter((file) => file && existsSync(file)).map((file) => readFileSync(file!, 'utf8'));
  return [...tls.getCACertificates('default'), ...tls.getCACertificates('system'), ...extra];
}

function openAgents(settings: PipSettings, env: NodeJS.ProcessEnv): Record<string, http.Agent> {
  const proxyEnv = settings.proxy ? { ...env, HTTPS_PROXY: settings.proxy, HTTP_PROXY: settings.proxy } : env;
  return {
    'https:': new https.Agent({ ca: authorities(settings, env), proxyEnv }),
    'http:': new http.Agent({ proxyEnv }),
  };
}

function getOnce(url: URL, options: https.RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).get(url, options, resolve);
    request.on('error', (error) => reject(Object.assign(error, { host: url.host })));
    request.setTimeout(idleMs, () =>
      request.destroy(Object.assign(new Error(`no data for ${idleMs / 1000} s`), { code: 'ETIMEDOUT' })),
    );
  });
}

/**
 * A client for the indexes of `settings`. A login in an address (or in netrc) goes to that address's host only, after
 * redirects, too.
 */
export function createIndexClient(settings: PipSettings, env: NodeJS.ProcessEnv): IndexClient {
  const agents = openAgents(settings, env);
  return async (start, headers = {}) => {
    const logins = new Map<string, string>();
    let url = new URL(start);
    for (let hop = 0; hop < mostRedirects; hop++) {
      const own = url.username ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : undefined;
      const login = own ?? logins.get(url.host) ?? readNetrcLogin(url.hostname, env);
      if (login) logins.set(url.host, login);
      url.username = url.password = '';
      const response = await getOnce(url, {
        agent: agents[url.protocol],
        rejectUnauthorized: !settings.trustedHosts.some((host) => host === url.hostname || host === url.host),
        headers: {
          'user-agent': 'unlabel-setup',
          ...headers,
          ...(login && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
        },
      });
      const { location } = response.headers;
      if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || !location)
        return { response, url: url.href };
      response.resume();
      url = new URL(location, url);
    }
    throw new Error(`${new URL(start).host}: more than ${mostRedirects} redirects`);
  };
}
