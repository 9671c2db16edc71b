/** Puts text on the clipboard, also where the page is not served from this machine and browsers keep their clipboard to themselves. */
export async function copyText(text: string): Promise<void> {
  // There is none where the page comes from another machine without https, and a browser may refuse it.
  const isDone = await (navigator.clipboard as Clipboard | undefined)?.writeText(text).then(
    () => true,
    () => false,
  );
  if (isDone) return;
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (!isCopied) throw new Error('the browser keeps its clipboard to itself: open the page by 127.0.0.1 or by https');
}
