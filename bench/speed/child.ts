import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Figures } from './load.ts';

/** Longer than any figure takes, on any machine. */
const limit = 60_000;

/** The server, and the address it listens on. */
export async function startServer(): Promise<{ url: string; stop: () => void }> {
  const server = fork(join(import.meta.dirname, 'server.ts'));
  const [port] = (await once(server, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}/`, stop: () => server.disconnect() };
}

/** One figure, from a process of its own. */
export async function figuresOf(...words: readonly string[]): Promise<Figures> {
  const file = join(import.meta.dirname, 'figure.ts');
  const child = fork(file, words, { execArgv: ['--expose-gc'], timeout: limit });
  const said = await firstWord(child);
  if ('figures' in said) return said.figures;
  throw new Error(said.error);
}

type Said = { readonly figures: Figures } | { readonly error: string };

async function firstWord(child: ChildProcess): Promise<Said> {
  const exited = once(child, 'exit');
  const message = once(child, 'message');
  const ended = exited.then(([code, signal]) => [{ error: `ended by itself (${code ?? signal})` }]);
  const [said] = (await Promise.race([message, ended])) as [Said];
  await exited;
  return said;
}
