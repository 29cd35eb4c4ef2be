import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

/** A file of src, by its path below src with forward slashes. */
interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface Arrow {
  readonly from: string;
  /** A path below src, or the name of a package or of a part of Node. */
  readonly to: string;
  readonly kind: 'value' | 'type' | 'dynamic';
}

const root = join(import.meta.dirname, '..');
const src = join(root, 'src');
const files: SourceFile[] = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .map((path) => ({
    path: path.slice(src.length + 1).replaceAll(sep, '/'),
    text: readFileSync(path, 'utf8'),
  }));
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/**
 * What the package exports: the client, the page about it, sequences that undo themselves, what a service puts around its
 * handlers, what tests of it are made of, and the client as an interceptor.
 */
const fronts = ['index.ts', 'dashboard.ts', 'saga.ts', 'server.ts', 'testing.ts', 'undici.ts'];

/** What each room may import, of rooms and of single files; itself only where that is said. */
const rooms: Record<string, readonly string[]> = {
  'index.ts': [
    ...['client.ts', 'context.ts', 'core', 'decisions', 'functions', 'health.ts', 'levels.ts'],
    ...['options', 'options.ts', 'origins.ts', 'retry.ts', 'retryable.ts', 'scope.ts'],
  ],
  'client.ts': [
    ...['core', 'adapters', 'call.ts', 'describe.ts', 'health.ts', 'levels.ts', 'options.ts'],
    ...['origins.ts', 'own-headers.ts', 'plans.ts', 'policy.ts', 'recent-options.ts', 'targets.ts'],
  ],
  'context.ts': ['core', 'options', 'check.ts'],
  'call.ts': ['core', 'decisions', 'policy.ts'],
  'retry.ts': ['core', 'functions', 'health.ts', 'origins.ts'],
  'retryable.ts': ['core', 'functions'],
  functions: [
    ...['core', 'decisions', 'strategies', 'options', 'describe', 'call.ts', 'check.ts'],
    ...['health.ts', 'origins.ts', 'policy.ts', 'schema.ts', 'functions'],
  ],
  'levels.ts': ['core', 'hosts.ts', 'options.ts', 'policy.ts'],
  'own-headers.ts': [],
  'origins.ts': ['core', 'decisions', 'strategies'],
  'describe.ts': ['core', 'describe', 'health.ts', 'levels.ts'],
  describe: [
    ...['core', 'decisions', 'health.ts', 'levels.ts', 'options.ts', 'policy.ts', 'targets.ts'],
    'describe',
  ],
  'health.ts': ['core', 'decisions', 'policy.ts'],
  'targets.ts': ['core', 'decisions', 'options', 'options.ts'],
  'plans.ts': ['core', 'options.ts', 'plan.ts', 'policy.ts'],
  'recent-options.ts': ['core', 'options.ts'],
  'plan.ts': ['core', 'decisions', 'strategies', 'policy.ts'],
  'policy.ts': ['core', 'decisions', 'options', 'options.ts', 'presets.ts'],
  'presets.ts': ['options.ts'],
  'hosts.ts': ['core'],
  'options.ts': ['core', 'decisions', 'options', 'check.ts', 'schema.ts'],
  options: ['core', 'decisions', 'schema.ts'],
  'check.ts': ['core', 'schema.ts'],
  'schema.ts': ['core'],
  strategies: ['core', 'decisions'],
  // It runs in a browser, and all that it knows of the rest is what it is told.
  'dashboard/page': ['dashboard/page', 'dashboard/feed.ts'],
  adapters: ['core', 'adapters', 'wire'],
  // An attempt without fetch: what undici tells, made into what fetch gives.
  wire: ['core', 'decisions', 'wire'],
  decisions: ['core', 'decisions'],
  core: ['core'],
  'dashboard.ts': ['dashboard'],
  'server.ts': ['server'],
  server: ['core', 'decisions', 'options', 'check.ts', 'schema.ts', 'server'],
  'scope.ts': ['core'],
  'saga.ts': ['saga'],
  saga: ['core', 'decisions', 'functions', 'retry.ts', 'saga'],
  dashboard: [
    ...['core', 'decisions', 'check.ts', 'client.ts', 'health.ts', 'origins.ts', 'schema.ts'],
    'dashboard',
  ],
  'testing.ts': ['testing'],
  testing: ['core', 'check.ts', 'client.ts', 'schema.ts', 'testing'],
  'undici.ts': ['undici'],
  undici: ['core', 'adapters/under-policy.ts', 'client.ts', 'options.ts', 'undici'],
};

/** Arrows inside a room whose files know nothing of each other, each with its reason. */
const inRoom = new Set([
  // the three parts of one strategy: what a call makes of it, what is counted and decided, and what opossum does
  'strategies/circuit-breaker.ts -> strategies/circuit.ts',
  'strategies/circuit.ts -> strategies/break.ts',
  // whether there is another attempt, and the loop that makes it
  'strategies/retry.ts -> strategies/retry-judge.ts',
]);

/** What each part's options are, a file a part. */
const optionFiles = files.map(({ path }) => path).filter((path) => path.startsWith('options/'));

/** Where each package comes in. */
const doorsteps: Record<string, readonly string[]> = {
  'p-retry': ['strategies/retry.ts'],
  opossum: ['strategies/break.ts'],
  undici: ['adapters/pool.ts'],
  '@opentelemetry/api': [
    ...['adapters/opentelemetry.ts', 'adapters/observed-call.ts', 'adapters/observed-attempt.ts'],
    'adapters/other-spans.ts',
  ],
  valibot: [
    ...['options.ts', 'check.ts', 'schema.ts', 'dashboard/options.ts', 'functions/options.ts'],
    ...['server/options.ts', 'testing/answer.ts', 'testing/content.ts', 'testing/expectations.ts'],
    ...['testing/options.ts', ...optionFiles],
  ],
  leven: ['check.ts'],
};

function arrowsOf({ path, text }: SourceFile): Arrow[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = [
    ...code.matchAll(/^(?:import|export)\s+(?<type>type\s)?(?:[^'";]*?\sfrom\s+)?'(?<to>[^']+)'/gm),
    ...code.matchAll(/(?<dynamic>\bimport|\brequire|createRequire\([^)]*\))\('(?<to>[^']+)'\)/g),
  ];
  return found.map(({ index, groups = {} }) => {
    const to = groups.to ?? '';
    const asType = groups.type || /typeof\s$|:\s*(?:Promise<)?$/.test(code.slice(0, index));
    return {
      from: path,
      to: to.startsWith('.') ? normalize(join(dirname(path), to)).replaceAll(sep, '/') : to,
      kind: asType ? 'type' : groups.dynamic ? 'dynamic' : 'value',
    };
  });
}

/** A folder, a folder that is a room of its own within another, or a file beside them. */
const roomOf = (path: string) => /^dashboard\/page(?=\/)|^[^/]+(?=\/)/.exec(path)?.[0] ?? path;
/** Which rooms do without Node: they decide without it, or run where it isn't. */
const withoutNode = ['decisions', 'dashboard/page'];
const isFile = (to: string) => to.endsWith('.ts');

/** Every way in which files break the rules of the house, a line for each. */
function faultsIn(tree: readonly SourceFile[]): string[] {
  const faults: string[] = [];
  for (const { path, text } of tree) {
    if (/(^|\/)(utils?|helpers?|types|common|misc)(\.ts|\/)/.test(path))
      faults.push(`${path}: a name that says nothing`);
    if (/^export\s+default\b|\bas\s+default\b/m.test(text))
      faults.push(`${path}: a default export`);
    if (!fronts.includes(path) && /^export\s[^'";]*?\sfrom\s+'|^export\s+\*/m.test(text))
      faults.push(`${path}: a barrel`);
    if (!(roomOf(path) in rooms)) faults.push(`${path}: in no room`);
  }
  for (const { from, to } of tree.flatMap(arrowsOf)) {
    const arrow = `${from} -> ${to}`;
    if (isFile(to)) {
      const allowed = rooms[roomOf(from)] ?? [];
      const isAllowed = allowed.includes(roomOf(to)) || allowed.includes(to);
      if (!isAllowed && !inRoom.has(arrow)) faults.push(arrow);
    } else if (isBuiltin(to)) {
      if (withoutNode.includes(roomOf(from)) || !to.startsWith('node:')) faults.push(arrow);
    } else if (!doorsteps[to]?.includes(from)) faults.push(arrow);
  }
  return faults;
}

/** A way from a file back to itself, if there is one. */
function ringIn(arrows: readonly Arrow[]): string[] | undefined {
  const done = new Set<string>();
  const walk = (path: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const { to } of arrows.filter(({ from }) => from === path)) {
      const ring = walk(to, [...way, path]);
      if (ring) return ring;
    }
    done.add(path);
    return undefined;
  };
  for (const { from } of arrows) {
    const ring = walk(from, []);
    if (ring) return ring;
  }
  return undefined;
}

describe('the house', () => {
  test('has files in all of its 7 rooms, and no file beside them that is not named', () => {
    const known = new Set(files.map(({ path }) => roomOf(path)));
    expect([...known].toSorted()).toEqual(Object.keys(rooms).toSorted());
    expect(files.length).toBeGreaterThan(30);
  });

  test('breaks 0 of its rules', () => {
    expect(faultsIn(files)).toEqual([]);
  });

  test('has 0 imports that go in a ring', () => {
    expect(ringIn(files.flatMap(arrowsOf).filter(({ to }) => isFile(to)))).toBeUndefined();
  });

  test('has 1 doorstep for each package that it depends on', () => {
    expect(Object.keys(doorsteps).toSorted()).toEqual(Object.keys(dependencies).toSorted());
    const arrows = files.flatMap(arrowsOf);
    for (const [name, doors] of Object.entries(doorsteps)) {
      const from = new Set(arrows.filter(({ to }) => to === name).map((arrow) => arrow.from));
      expect([name, [...from].toSorted()]).toEqual([name, doors.toSorted()]);
    }
  });

  test.each(['index.ts', 'undici.ts'])(
    'loads neither undici nor OpenTelemetry with %s: 0 files do that lead to them',
    (front) => {
      const arrows = files.flatMap(arrowsOf).filter(({ kind }) => kind === 'value');
      const loaded = new Set([front]);
      for (const path of loaded) {
        for (const { from, to } of arrows) if (from === path) loaded.add(to);
      }
      expect(loaded.size).toBeGreaterThan(30);
      expect([...loaded]).not.toContain('undici');
      expect([...loaded]).not.toContain('adapters/pool.ts');
      expect([...loaded]).not.toContain('@opentelemetry/api');
      expect([...loaded]).not.toContain('adapters/opentelemetry.ts');
    },
  );
});

describe('the rules', () => {
  const fault = (path: string, text: string) => faultsIn([{ path, text }]);

  test.each([
    ['core/a.ts', "import { b } from '../decisions/b.ts';", 'core/a.ts -> decisions/b.ts'],
    ['core/a.ts', "import type { b } from '../client.ts';", 'core/a.ts -> client.ts'],
    ['core/a.ts', "import v from 'valibot';", 'core/a.ts -> valibot'],
    ['core/a.ts', "import 'fs';", 'core/a.ts -> fs'],
    [
      'decisions/a.ts',
      "import { b } from '../strategies/b.ts';",
      'decisions/a.ts -> strategies/b.ts',
    ],
    ['decisions/a.ts', "import { b } from 'node:timers';", 'decisions/a.ts -> node:timers'],
    ['decisions/a.ts', "import leven from 'leven';", 'decisions/a.ts -> leven'],
    ['strategies/a.ts', "import { b } from './b.ts';", 'strategies/a.ts -> strategies/b.ts'],
    [
      'strategies/a.ts',
      "import { b } from '../adapters/b.ts';",
      'strategies/a.ts -> adapters/b.ts',
    ],
    ['strategies/a.ts', "import { b } from '../options.ts';", 'strategies/a.ts -> options.ts'],
    ['strategies/hedge.ts', "import pRetry from 'p-retry';", 'strategies/hedge.ts -> p-retry'],
    [
      'adapters/a.ts',
      "import { b } from '../strategies/b.ts';",
      'adapters/a.ts -> strategies/b.ts',
    ],
    ['adapters/a.ts', "import { b } from '../decisions/b.ts';", 'adapters/a.ts -> decisions/b.ts'],
    ['adapters/a.ts', "const u = await import('undici');", 'adapters/a.ts -> undici'],
    [
      'adapters/a.ts',
      "const u = createRequire(import.meta.url)('undici');",
      'adapters/a.ts -> undici',
    ],
    ['client.ts', "import { b } from './index.ts';", 'client.ts -> index.ts'],
    ['policy.ts', "import { b } from './client.ts';", 'policy.ts -> client.ts'],
    ['policy.ts', "import * as v from 'valibot';", 'policy.ts -> valibot'],
    ['schema.ts', "import {\n  a,\n  b,\n} from './options.ts';", 'schema.ts -> options.ts'],
    ['client.ts', "import got from 'got';", 'client.ts -> got'],
    ['dashboard/a.ts', "import { b } from './page/b.ts';", 'dashboard/a.ts -> dashboard/page/b.ts'],
    [
      'dashboard/page/a.ts',
      "import { b } from '../b.ts';",
      'dashboard/page/a.ts -> dashboard/b.ts',
    ],
    ['dashboard/page/a.ts', "import { b } from 'node:fs';", 'dashboard/page/a.ts -> node:fs'],
    ['core/a.ts', 'export default 1;', 'core/a.ts: a default export'],
    ['core/a.ts', 'export { a as default };', 'core/a.ts: a default export'],
    ['core/utils.ts', '', 'core/utils.ts: a name that says nothing'],
    ['helpers/a.ts', '', 'helpers/a.ts: a name that says nothing'],
    ['core/types.ts', '', 'core/types.ts: a name that says nothing'],
    ['core/index.ts', "export { a } from './a.ts';", 'core/index.ts: a barrel'],
    ['core/index.ts', "export * from './a.ts';", 'core/index.ts: a barrel'],
    ['plugins/a.ts', '', 'plugins/a.ts: in no room'],
  ])('can fail, 1 of 31 ways: %s, %j', (path, text, expected) => {
    expect(fault(path, text)).toContain(expected);
  });

  test.each([
    ['core/a.ts', "import { b } from './b.ts';\nimport { c } from 'node:events';"],
    ['strategies/circuit-breaker.ts', "import { b } from './circuit.ts';"],
    ['adapters/pool.ts', "import type { Dispatcher } from 'undici';"],
    ['client.ts', "const { openPool } = await import('./adapters/pool.ts');"],
    ['index.ts', "export { a } from './client.ts';"],
    ['dashboard/page/charts/a.ts', "import type { Picture } from '../../feed.ts';"],
    ['core/a.ts', "// import { b } from '../client.ts';\n/** import('../client.ts') */"],
  ])('can be kept, 1 of 7 ways: %s, %j', (path, text) => {
    expect(fault(path, text)).toEqual([]);
  });

  test('find a ring of 3 files, and say which', () => {
    const arrow = (from: string, to: string): Arrow => ({ from, to, kind: 'value' });
    const arrows = [arrow('x', 'a'), arrow('a', 'b'), arrow('b', 'c'), arrow('c', 'a')];
    expect(ringIn(arrows)).toEqual(['a', 'b', 'c', 'a']);
    expect(ringIn(arrows.slice(0, 3))).toBeUndefined();
  });
});
