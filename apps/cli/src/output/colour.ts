import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Text in a style, where the stream is a terminal that shows one: `NO_COLOR`, `FORCE_COLOR` and `TERM` are obeyed as elsewhere in Node. */
export const coloured = (style: Style, text: string, stream: NodeJS.WriteStream): string =>
  styleText(style, text, { stream, validateStream: true });
