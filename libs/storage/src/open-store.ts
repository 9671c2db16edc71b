import { fileURLToPath } from 'node:url';

import { UsageError } from '#lib/contracts';
import { isInert } from '#lib/faults';

import { withFaultPoints } from './fault-points.ts';
import { openFileStore } from './file.ts';
import { type ObjectStore } from './object-store.ts';
import { openS3Store } from './s3.ts';

const remedy = 'set UNLABEL_STORAGE to file:///absolute/folder or s3://bucket/prefix';

/**
 * Opens the store that a URL names: `file:///folder`, or `s3://bucket/prefix` with endpoint, region and credentials by
 * the AWS SDK's own environment variables. Nothing is read or written yet: `probeStore` finds out whether it works.
 * @throws UsageError for anything else, listing what is allowed
 */
export function openStore(url: string): ObjectStore {
  const store = openUrl(url);
  return isInert ? store : withFaultPoints(store);
}

function openUrl(url: string): ObjectStore {
  const parsed = URL.parse(url);
  if (!parsed) throw new UsageError(`storage ${JSON.stringify(url)} is not a URL`, { remedy });
  if (parsed.username || parsed.password || parsed.search || parsed.hash)
    throw new UsageError(
      `storage ${parsed.protocol}//${parsed.host}${parsed.pathname}: has credentials, a query or a fragment`,
      {
        remedy: 'give credentials as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and the endpoint as AWS_ENDPOINT_URL',
      },
    );
  if (parsed.protocol === 'file:') return openFileStore(folderOf(parsed));
  if (parsed.protocol === 's3:') return openS3Store({ bucket: bucketOf(parsed), prefix: prefixOf(parsed) });
  throw new UsageError(`storage ${JSON.stringify(url)}: unknown scheme ${parsed.protocol}, allowed are file: and s3:`, {
    remedy,
  });
}

function folderOf(url: URL): string {
  if (url.host !== '' || url.pathname === '/' || url.pathname === '')
    throw new UsageError(`storage ${url.href} names no absolute folder`, { remedy });
  return fileURLToPath(url);
}

function bucketOf(url: URL): string {
  // A URL parser keeps upper case in unknown schemes, which no bucket may have.
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.host))
    throw new UsageError(`storage ${url.href}: ${JSON.stringify(url.host)} is no bucket name`, {
      remedy: 'bucket names have 3 to 63 lower-case letters, digits, dots and hyphens',
    });
  return url.host;
}

function prefixOf(url: URL): string {
  return url.pathname.replace(/^\/+|\/+$/g, '');
}
