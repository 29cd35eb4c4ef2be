/** What bounds the retries of one client process, where a peer has such a thing. */
export interface Budget {
  called(now: number): void;
  succeeded(): void;
  failed(timedOut: boolean): void;
  take(now: number): boolean;
  /** A retry that was taken has ended. */
  ended(succeeded: boolean, price: 'timeout' | 'other'): void;
}

const nothing = { called() {}, succeeded() {}, failed() {}, ended() {} };

/** gRPC, proposal A6: no retries while half of the tokens are gone. */
export function grpcThrottle(most: number, ratio: number): Budget {
  let tokens = most;
  return {
    ...nothing,
    succeeded() {
      tokens = Math.min(most, tokens + ratio);
    },
    failed() {
      tokens = Math.max(0, tokens - 1);
    },
    take: () => tokens > most / 2,
  };
}

/** Finagle's `RetryBudget`: a share of the calls and so many a second, both of the last 10 s. */
export function finagle(share: number, perSecond: number): Budget {
  const length = 10_000;
  const calls: number[] = [];
  const retries: number[] = [];
  const forget = (times: number[], now: number) => {
    while ((times[0] ?? now) < now - length) times.shift();
  };
  return {
    ...nothing,
    called(now) {
      forget(calls, now);
      calls.push(now);
    },
    take(now) {
      forget(calls, now);
      forget(retries, now);
      if (retries.length + 1 > share * calls.length + (perSecond * length) / 1_000) return false;
      retries.push(now);
      return true;
    },
  };
}

/** Envoy's circuit breaker `max_retries`: so many at a time. */
export function atATime(most: number): Budget {
  let active = 0;
  return {
    ...nothing,
    take() {
      if (active >= most) return false;
      active++;
      return true;
    },
    ended() {
      active--;
    },
  };
}

/** The AWS SDK's `StandardRetryStrategy`: 500 tokens, 5 a retry and 10 after a timeout; a success returns the price, or 1. */
export function awsSdk(): Budget {
  const most = 500;
  let tokens = most;
  let price = 5;
  return {
    ...nothing,
    succeeded() {
      tokens = Math.min(most, tokens + 1);
    },
    failed(timedOut) {
      price = timedOut ? 10 : 5;
    },
    take() {
      if (tokens < price) return false;
      tokens -= price;
      return true;
    },
    ended(succeeded, after) {
      if (succeeded) tokens = Math.min(most, tokens + (after === 'timeout' ? 10 : 5) - 1);
    },
  };
}
