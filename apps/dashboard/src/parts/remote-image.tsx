import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { client } from '../state/client.ts';
import { guarded } from '../state/problem.ts';
import { token } from '../state/token.ts';

/** An address that an image element can load: the given one, or where control asks for a token, which no image element sends, one of its bytes. */
export function useImageUrl(address: string | undefined): string | undefined {
  const needsToken = token.peek() !== undefined;
  const own = useSignal<{ address: string; url: string } | undefined>(undefined);
  useEffect(() => {
    if (!needsToken || address === undefined) return undefined;
    let [url, isCurrent] = ['', true];
    void guarded(async () => {
      url = URL.createObjectURL(await client.blob(address));
      if (isCurrent) own.value = { address, url };
      else URL.revokeObjectURL(url);
    });
    return () => {
      isCurrent = false;
      if (url !== '') URL.revokeObjectURL(url);
    };
  }, [address]);
  if (!needsToken) return address;
  return own.value?.address === address ? own.value?.url : undefined;
}

/** Images of fewer pixels a side are enlarged on the page, and shown with their pixels as they are. */
const smallSide = 100;

/** An image that control serves, loaded when it comes near what is seen. */
export function RemoteImage({
  address,
  alt,
  isEager = false,
}: {
  address: string;
  alt: string;
  /** load it at once */
  isEager?: boolean;
}) {
  const url = useImageUrl(address);
  return (
    <img
      loading={isEager ? 'eager' : 'lazy'}
      decoding="async"
      onLoad={({ currentTarget: image }) => image.classList.toggle('pixels', image.naturalWidth < smallSide)}
      {...(url !== undefined && { src: url })}
      alt={alt}
    />
  );
}
