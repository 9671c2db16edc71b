import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';

/**
 * A component whose code is loaded when it is first shown, so that the first view stays small.
 * @param load a dynamic import that ends in the component
 */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const loaded = signal<ComponentType<Props> | undefined>(undefined);
  const failed = signal(false);
  let isLoading = false;
  const start = async () => {
    if (isLoading || loaded.value) return;
    isLoading = true;
    try {
      const component = await load();
      loaded.value = component;
    } catch (error) {
      console.error(error); // control was upgraded and serves other files now, or is away
      failed.value = true;
    }
    isLoading = false;
  };
  return function Lazy(props: Props) {
    useEffect(() => void start(), []);
    const Loaded = loaded.value;
    if (Loaded) return <Loaded {...props} />;
    if (!failed.value) return <p class="waiting">Loading …</p>;
    return (
      <p class="problem" role="alert">
        This part of the page could not be loaded.{' '}
        <button type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </p>
    );
  };
}
