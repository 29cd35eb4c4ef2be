import type { Answer } from './answer.ts';
import type { Wait } from './call-log.ts';
import { discard } from './discard.ts';
import type { Outcome } from './outcome.ts';
import type { Send } from './pipeline.ts';
import { sleep } from './stop.ts';

/** An attempt that was decided on. */
export interface Coming<Given extends Answer = Response> extends Wait {
  /** What it was paid from, if it was to be paid. */
  readonly paid: { giveBack(): void } | undefined;
  /** The outcome before it, which stands if nothing is let out. */
  readonly held: Outcome<Given> | undefined;
}

/** Sends when the wait is over. If nothing was let out then, its token goes back, and what it was to replace is kept. */
export function sendComing<Given extends Answer>(
  { delay, source, paid, held }: Coming<Given>,
  next: Send<Given>,
): Send<Given> {
  return async (request, context) => {
    const { stop, log } = context;
    const before = log.attempts.length;
    try {
      // elsewhere nothing has to be waited for, and a timer of 0 is one of 1 ms
      if (source !== 'failover') await sleep(delay, stop);
      if (stop.aborted) throw stop.reason;
      const answer = next(request, context);
      if (held?.response && log.attempts.length > before) discard(held.response);
      return await answer;
    } finally {
      if (log.attempts.length === before) paid?.giveBack();
    }
  };
}
