import { expect, test } from 'vitest';
import { strippedWay, wayTo } from '../../src/dashboard/mount.ts';

test.each([
  ['/', '/', '/'],
  ['/events', '/', '/events'],
  ['/dashboard', '/dashboard', ''],
  ['/dashboard/', '/dashboard', '/'],
  ['/dashboard/', '/dashboard/', '/'],
  ['/dashboard/events', '/dashboard/', '/events'],
  ['/a/b/events', '/a/b', '/events'],
  ['/dashboards', '/dashboard', undefined],
  ['/', '/dashboard', undefined],
])('takes off where it lives, 1 of 9 ways: %s at %s is %j', (pathname, mount, expected) => {
  expect(wayTo(pathname, mount)?.path).toBe(expected);
});

test.each([
  ['/', '/dashboard', '', 'dashboard'],
  ['/', '/dashboard/', '/', ''],
  ['/events', '/a/dashboard/events', '/events', 'events'],
])(
  'believes a router that has taken it off, 1 of 3 ways: %s of %s',
  (pathname, before, path, name) => {
    expect(strippedWay(pathname, before)).toEqual({ path, name });
  },
);
