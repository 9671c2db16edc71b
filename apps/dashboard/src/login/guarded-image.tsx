import { useSignal } from '@preact/signals';
import type { ImgHTMLAttributes } from 'preact';
import { useEffect } from 'preact/hooks';

import { token } from '../state/token.ts';

/**
 * An address of control's that an image can have: as it is, or where control asks for a token, which an image can't send, that of a
 * copy which was fetched with it. Undefined until that is there, or where it can't be had.
 */
export function useImageSource(address: string): string | undefined {
  const copy = useSignal<string | undefined>(undefined);
  const key = token.value;
  useEffect(() => {
    copy.value = undefined;
    if (key === undefined) return undefined;
    const left = new AbortController();
    let made: string | undefined;
    const load = async () => {
      const answer = await fetch(address, { signal: left.signal, headers: { authorization: `Bearer ${key}` } });
      if (!answer.ok) return;
      const blob = await answer.blob();
      if (!left.signal.aborted) copy.value = made = URL.createObjectURL(blob);
    };
    load().catch(() => undefined); // the place stays empty
    return () => {
      left.abort();
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [address, key]);
  return key === undefined ? address : copy.value;
}

/** An image of control's. */
export function GuardedImage({
  src,
  alt,
  ...rest
}: { src: string; alt: string } & ImgHTMLAttributes<HTMLImageElement>) {
  const source = useImageSource(src);
  return <img alt={alt} {...rest} {...(source !== undefined && { src: source })} />;
}
