import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Shows its content once it is near what is seen, and from then on: what is far below costs nothing. */
export function Near({ children, heightRem = 12 }: { children: () => ComponentChildren; heightRem?: number }) {
  const box = useRef<HTMLDivElement>(null);
  const isNear = useSignal(false);
  useEffect(() => {
    const seen = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        isNear.value = true;
        seen.disconnect();
      },
      { rootMargin: '400px' },
    );
    seen.observe(box.current as HTMLDivElement);
    return () => seen.disconnect();
  }, []);
  return (
    <div ref={box} style={isNear.value ? {} : { minHeight: `${heightRem}rem` }}>
      {isNear.value && children()}
    </div>
  );
}
