import { useEffect, useRef } from 'preact/hooks';

import type { RunSummary } from '#lib/contracts';

import { sparkPath } from '../charts/sparkline.ts';
import { forgetSpark, sparkOf, wantSpark } from '../state/sparklines.ts';

const [width, height] = [88, 24];

/** The loss of a run so far, in little. Fetched while it is seen. */
export function Sparkline({ run }: { run: RunSummary }) {
  const element = useRef<SVGSVGElement>(null);
  const isSeen = useRef(false);
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      isSeen.current = entries.some(({ isIntersecting }) => isIntersecting);
      if (isSeen.current) wantSpark(latest.current);
      else forgetSpark(run.run);
    });
    seen.observe(element.current as SVGSVGElement);
    return () => {
      seen.disconnect();
      forgetSpark(run.run);
    };
  }, [run.run]);
  useEffect(() => {
    if (isSeen.current) wantSpark(run);
  }, [run.step]);
  const spark = sparkOf(run.run).value;
  return (
    <svg
      ref={element}
      class="spark"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      <path d={sparkPath(spark?.values ?? [], width, height)} />
    </svg>
  );
}
