// Any function, retried as a request is: which errors mean what, a circuit by name, and a function that is deaf.
import { setTimeout as wait } from 'node:timers/promises';
import {
  CircuitOpenError,
  currentAttempt,
  explain,
  type RetryPolicy,
  retry,
  retryable,
} from 'resilient-fetch';

class Revoked extends Error {
  override readonly name = 'Revoked';
}

const policy: RetryPolicy = {
  name: 'ledger',
  timeout: { total: 2_000, attempt: 300 },
  retry: { maxRetries: 4, backoff: { base: 50 } },
  circuitBreaker: { openFor: 500 },
  permanent: ['DUPLICATE'],
  terminal: [Revoked],
};
console.log(`${retry.describe(policy)}\n`);
retry.on('retry.scheduled', ({ path, attempt, outcome, delay }) =>
  console.log(`  ${path}, attempt ${attempt}: ${outcome}, again in ${Math.round(delay)} ms`),
);
retry.on('circuit.opened', ({ origin, reason }) => console.log(`  ${origin}: open (${reason})`));

const keys: string[] = [];
const balance = await retry(async function readBalance({ attempt, idempotencyKey }) {
  keys.push(idempotencyKey);
  if (attempt < 3) throw Object.assign(new Error('busy'), { code: 'EBUSY' });
  return 42;
}, policy);
console.log(`${balance} after ${keys.length} attempts, ${new Set(keys).size} key\n`);

/** Its arguments are its own, so it asks for its attempt. */
async function post(this: { readonly book: string }, amount: number): Promise<string> {
  const { attempt, signal } = currentAttempt() ?? {};
  if (amount === 13) throw Object.assign(new Error('posted already'), { code: 'DUPLICATE' });
  // the first attempt hangs until it is told to stop
  if (attempt === 1) await wait(60_000, undefined, { signal });
  return `${amount} in ${this.book}`;
}
const account = { book: 'A', post: retryable(post, policy) };
console.log(`${await account.post(7)}, by ${account.post.name}(${account.post.length})\n`);

for (const call of [
  () => account.post(13),
  () =>
    retry(function broken() {
      return (undefined as unknown as { balance: number }).balance;
    }, policy),
  () =>
    retry(async function sign() {
      throw new Revoked('the key was revoked');
    }, policy),
  () => retry(async () => 'never asked', policy),
]) {
  const error: unknown = await call().catch((error: unknown) => error);
  const open = error instanceof CircuitOpenError ? `, a probe in ${error.retryAfter} ms` : '';
  console.log(`${explain(error)}${open}\n`);
}

await wait(600);
console.log(await retry(async () => 'The probe went well', policy));
console.log(JSON.stringify(retry.health()));
