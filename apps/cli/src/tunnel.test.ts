import { expect, test } from 'vitest';

import { tunnelLine } from './tunnel.ts';

const env = { SSH_CONNECTION: '10.0.0.9 51234 10.0.0.5 22' };

test('a remote session is told how to reach the dashboard, by the address and port that it came by', () => {
  expect(tunnelLine('http://127.0.0.1:4280', env, 'ada')).toBe('ssh -L 4280:127.0.0.1:4280 ada@10.0.0.5');
  const other = { SSH_CONNECTION: '10.0.0.9 51234 fe80::1 2222' };
  expect(tunnelLine('http://localhost:5000', other, 'ada')).toBe('ssh -L 5000:127.0.0.1:5000 -p 2222 ada@fe80::1');
});

test('a session of this machine is told nothing, nor is one whose control is elsewhere', () => {
  expect(tunnelLine('http://127.0.0.1:4280', {}, 'ada')).toBeUndefined();
  expect(tunnelLine('http://127.0.0.1:4280', { SSH_CONNECTION: '' }, 'ada')).toBeUndefined();
  expect(tunnelLine('http://control.example:4280', env, 'ada')).toBeUndefined();
});
