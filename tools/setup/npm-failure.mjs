// What npm's output says about why it failed, in one line.
import { isCertificate, isUnreachable, SetupError } from './errors.mjs';

const last = (output, pattern) => [...output.matchAll(pattern)].pop()?.[1];

/**
 * @param {number | string | null} code npm's exit code, or the system's code when npm could not be started
 * @param {string} output what npm printed
 * @returns {SetupError}
 */
export function npmFailure(code, output) {
  if (code === 'ENOENT')
    return new SetupError(
      'npm is not in the path',
      'install Node with npm (nodejs.org or your system), and start again',
    );
  const reason = last(output, /^npm (?:error|ERR!) code (\S+)/gm) ?? `exit code ${code}`;
  const url = last(output, /(https?:\/\/[^\s'"]+)/g);
  const host = url ? new URL(url.replace(/[),.]+$/, '')).host : 'the package registry';
  const of = (message, remedy) => new SetupError(`npm could not install the packages: ${message}`, remedy);
  if (isUnreachable(reason))
    return of(
      `${host} can't be reached (${reason})`,
      'check the network, and the registry that "npm config get registry" names; what has arrived is kept, start again',
    );
  if (isCertificate(reason))
    return of(
      `the certificate of ${host} is not trusted (${reason})`,
      'name the PEM file of its authority: npm config set cafile FILE, and in NODE_EXTRA_CA_CERTS',
    );
  if (reason === 'ENOSPC' || reason === 'EDQUOT')
    return of(
      `the disk is full (${reason})`,
      'free some space (npm cache clean --force frees what npm keeps), and start again',
    );
  if (reason === 'EACCES' || reason === 'EPERM' || reason === 'EROFS')
    return of(
      `no permission to write (${reason})`,
      'let this user write in the repository and in ~/.npm, and start again',
    );
  if (/^E40[134]$/.test(reason))
    return of(
      `${host} refused a package (${reason})`,
      'check the registry and its login in .npmrc (npm config list), and start again',
    );
  if (reason === 'EUSAGE')
    return of(
      'package.json and package-lock.json disagree (EUSAGE)',
      'restore both from git, or run npm install, and start again',
    );
  const line = last(output, /^npm (?:error|ERR!) (?!code |errno |syscall |A complete log)(\S.*)$/gm);
  return of(`${reason}${line ? `: ${line}` : ''}`, 'run npm ci --ignore-scripts by hand to see all that npm says');
}
