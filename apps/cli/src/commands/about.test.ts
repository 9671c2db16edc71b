import { expect, test } from 'vitest';

import { nothingAbout } from '#lib/contracts';

import { aboutCall } from './about.ts';

const said = { ...nothingAbout, title: 'A', tags: ['paper', 'old'] };

test('only what is given is changed', () => {
  expect(aboutCall(said, {})).toEqual({});
  expect(aboutCall(said, { title: 'B' })).toEqual({ title: 'B' });
  expect(aboutCall(said, { notes: '' })).toEqual({ notes: '' });
});

test('an empty title takes it away', () => {
  expect(aboutCall(said, { title: ' ' })).toEqual({ title: null });
});

test('tags are added and taken away by name, several with commas', () => {
  expect(aboutCall(said, { tag: 'wide, paper,' })).toEqual({ tags: ['paper', 'old', 'wide'] });
  expect(aboutCall(said, { tag: 'new', untag: 'old,none' })).toEqual({ tags: ['paper', 'new'] });
});
