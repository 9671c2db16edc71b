import { ControlClient } from '#lib/client';

import { refuseToken, token } from './token.ts';

/** Control, which served this page. */
export const client = new ControlClient('', { token: () => token.value, onRefused: refuseToken });
