import { createHash, createHmac } from 'node:crypto';

export interface S3Credentials {
  accessKey: string;
  secretKey: string;
}

const region = 'us-east-1';
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * One signed request without query (AWS Signature Version 4), enough to create a bucket: the SDK belongs to libs/storage.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export function signedFetch(
  { accessKey, secretKey }: S3Credentials,
  method: 'PUT' | 'DELETE',
  url: URL,
  body = '',
): Promise<Response> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const headers = { host: url.host, 'x-amz-content-sha256': hash(body), 'x-amz-date': time };
  const signedHeaders = Object.keys(headers).join(';');
  const headerLines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = [method, url.pathname, '', headerLines.join(''), signedHeaders, hash(body)].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n');
  const key = [region, 's3', 'aws4_request'].reduce<Buffer>(
    (last, part) => mac(last, part),
    mac(`AWS4${secretKey}`, day),
  );
  const signature = mac(key, toSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  const { host: _, ...sent } = headers;
  return fetch(url, {
    method,
    headers: { ...sent, authorization },
    ...(body === '' ? {} : { body }),
    signal: AbortSignal.timeout(5_000),
  });
}
