import { afterEach, beforeEach, expect, test, vi } from 'vitest';

let kept: Map<string, string>;
beforeEach(() => {
  kept = new Map();
  vi.resetModules();
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});
const load = () => import('./token.ts');

test('a token that was given lasts as long as the tab, also when the page is loaded again', async () => {
  const { takeToken, token } = await load();
  expect(token.value).toBeUndefined();
  takeToken('a-token-of-24-characters');
  expect(token.value).toBe('a-token-of-24-characters');
  vi.resetModules();
  expect((await load()).token.value).toBe('a-token-of-24-characters');
});

test('control that asks for one has it asked for; a wrong one is forgotten and said to be wrong', async () => {
  const { refuseToken, takeToken, token, tokenWanted } = await load();
  refuseToken();
  expect(tokenWanted.value).toBe('missing');
  takeToken('not-the-one-of-control');
  expect(tokenWanted.value).toBeUndefined();
  refuseToken();
  refuseToken(); // several answers come at once
  expect([tokenWanted.value, token.value, kept.size]).toEqual(['wrong', undefined, 0]);
});

test('a browser that keeps nothing is no obstacle', async () => {
  vi.stubGlobal('sessionStorage', undefined);
  const { refuseToken, takeToken, token } = await load();
  takeToken('a-token-of-24-characters');
  expect(token.value).toBe('a-token-of-24-characters');
  refuseToken();
  expect(token.value).toBeUndefined();
});
