import { setTimeout as sleep } from 'node:timers/promises';

/** Requests in a busy second and in a quiet one, which take turns. */
const busy = 30;
const quiet = 10;

/** When requests are due, in milliseconds from the beginning: the same instants for the same random numbers. */
export function arrivals(seconds: number, random: () => number): number[] {
  const all = Array.from({ length: seconds }, (_, second) =>
    Array.from(
      { length: second % 2 === 0 ? busy : quiet },
      () => second * 1_000 + random() * 1_000,
    ),
  );
  return all.flat().sort((one, other) => one - other);
}

/** Sends each request when it is due, whatever became of those before, as independent users do. */
export async function sendWhenDue(
  due: readonly number[],
  send: () => Promise<void>,
): Promise<void> {
  const start = performance.now();
  const sent: Promise<void>[] = [];
  for (const instant of due) {
    const wait = start + instant - performance.now();
    if (wait > 0) await sleep(wait);
    sent.push(send());
  }
  await Promise.all(sent);
}

/** Sends so many requests, so many at a time. */
export async function sendInTurns(
  requests: number,
  concurrency: number,
  send: () => Promise<void>,
): Promise<void> {
  let left = requests;
  const worker = async () => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: Math.min(requests, concurrency) }, worker));
}
