import { ControlClient } from '#lib/client';

import { refuseToken, token } from './token.ts';

export { token };

/** Control, which served this page. */
export const client = new ControlClient('', { token: () => token.peek() || undefined, onRefused: refuseToken });
