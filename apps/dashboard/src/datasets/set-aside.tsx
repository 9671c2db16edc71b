import type { DatasetDetail } from '#lib/contracts';
import { count } from '#lib/figures';

/** Files that are in no split, and why. */
export function SetAside({ detail: { index, setAside } }: { detail: DatasetDetail }) {
  if (!index) return null;
  const all = index.setAside.count;
  return (
    <section class="panel" aria-labelledby="set-aside">
      <h2 id="set-aside">Files set aside</h2>
      {all === 0 ? (
        <p class="muted">None: every file was read.</p>
      ) : (
        <>
          <p>
            {count(all)} {all === 1 ? 'file is' : 'files are'} in no split
            {setAside.length < all && `; the first ${count(setAside.length)}`}.
          </p>
          <div class="classes" tabIndex={0} role="region" aria-label="Files set aside, with reasons">
            <table>
              <thead>
                <tr>
                  <th scope="col">File</th>
                  <th scope="col">Why</th>
                </tr>
              </thead>
              <tbody>
                {setAside.map(({ id, reason }) => (
                  <tr key={id}>
                    <td class="source">{id}</td>
                    <td>{reason}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}
