import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { apart } from './command.ts';
import type { Fault } from './fault.ts';
import { Link } from './link.ts';

/** Two networks in which nothing runs: to try what is allowed. */
async function openLink(): Promise<{ link?: Link; missing?: string; close: () => void }> {
  const idle = [startIdle(), startIdle()];
  const close = () => {
    for (const child of idle) child.kill('SIGKILL');
  };
  try {
    // what comes back was said in the new network
    await Promise.all(
      idle.map((child) => Promise.race([once(child.stdout ?? child, 'data'), failed(child)])),
    );
    const [client, server] = idle;
    return { link: new Link(client?.pid ?? 0, server?.pid ?? 0), close };
  } catch (error) {
    return { missing: (error as Error).message, close };
  }
}

function startIdle(): ChildProcess {
  const [command = '', ...rest] = [...apart, 'cat'];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin?.on('error', () => {});
  child.stdin?.write('here\n');
  return child;
}

async function failed(child: ChildProcess): Promise<never> {
  let complaint = '';
  child.stderr?.on('data', (data) => {
    complaint += data;
  });
  await once(child, 'close');
  throw new Error(complaint.trim() || 'unshare ended');
}

const { link, missing, close } = await openLink();
process.once('exit', close);

/** What this machine does not allow of what a fault needs, if there is anything; says so where nobody can miss it. */
export function isMissing(fault: Fault): boolean {
  const reason = missing ?? (link && complaintOf(fault, link));
  if (reason === undefined) return false;
  console.warn(`\nSKIPPED, for want of \`${fault.means}\`: ${fault.name}\n  ${reason}\n`);
  return true;
}

function complaintOf(fault: Fault, link: Link): string | undefined {
  try {
    fault.begin(link);
    fault.end(link);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
