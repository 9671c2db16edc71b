import { ControlClient } from '#lib/client';

import { remembered } from './remembered.ts';

/** For a control that asks for one; kept in this browser. */
export const token = remembered('token', '', (kept) => (typeof kept === 'string' ? kept : undefined));

/** Control, which served this page. */
export const client = new ControlClient('', token.peek() || undefined);
