import { execFileSync } from 'node:child_process';
import { findProgram } from '../support/program.ts';

/** Runs a program to its end, and fails with the first line of what it complained of. */
export function run(name: string, ...given: readonly string[]): void {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`there is no ${name}`);
  try {
    execFileSync(program, given, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 5_000 });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    const [complaint = ''] = String(stderr ?? message)
      .trim()
      .split('\n');
    throw new Error(`${name} ${given.join(' ')}: ${complaint}`);
  }
}

/** Runs a program in the network of a process. */
export function runWithin(pid: number, name: string, ...given: readonly string[]): void {
  run('nsenter', `--net=/proc/${pid}/ns/net`, '--', name, ...given);
}

/** A command that runs another one in a network of its own, which is gone with it, however it ends. */
export const apart = ['unshare', '--net', '--'];
