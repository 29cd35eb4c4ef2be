import type { SagaContext, Step, StepContext } from '../../src/saga.ts';

export const orderSteps = ['reserve', 'charge', 'invoice', 'notify', 'ship'] as const;

class Refused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`answered ${status}`);
    this.status = status;
  }
}

/** An order in five steps against a server that records what it was asked to do. */
export function orderSaga(baseUrl: string) {
  const ask = async (path: string, { idempotencyKey, signal }: StepContext) => {
    const headers = { 'idempotency-key': idempotencyKey };
    const response = await fetch(`${baseUrl}/${path}`, { method: 'POST', headers, signal });
    if (!response.ok) throw new Refused(response.status);
    return (await response.json()) as { effect: string };
  };
  const policy = {
    retry: { maxRetries: 10, backoff: { base: 1, cap: 5 } },
    permanent: [(error: unknown) => error instanceof Refused && error.status === 422],
  };
  return async (step: Step, { input }: SagaContext<{ order: string }>) => {
    for (const name of orderSteps) {
      await step(name, (context) => ask(`do/${input.order}/${name}`, context), {
        undo: ({ effect }, context) =>
          ask(`undo/${input.order}/${encodeURIComponent(effect)}`, context),
        policy,
        undoPolicy: policy,
      });
    }
    return input.order;
  };
}
