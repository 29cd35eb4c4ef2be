import * as v from 'valibot';
import { type Scope, together } from './scope.ts';
import { NotFound, type Services } from './services.ts';

/** What a handler is given. It has no hand on the response, so that it can't have sent half of one when it fails. */
export interface Asked {
  readonly services: Services;
  readonly scope: Scope;
  /** What the path has in the place of `:id`. */
  readonly id: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: () => Promise<unknown>;
}

export interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (asked: Asked) => Promise<Answer>;

/** The caller has to ask otherwise. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

/** A page of three parts, asked for at the same time. Two of them it can't do without. */
export const productPage: Handler = async ({ services, scope, id }) => {
  const [{ name }, cents, recommended] = await together(() => [
    services.product(id, scope),
    services.price(id, scope),
    services.recommended(id, scope),
  ]);
  return { status: 200, body: { id, name: name.trim(), cents, recommended } };
};

const order = v.strictObject({
  product: v.pipe(v.string(), v.regex(/^[\w-]{1,40}$/)),
  quantity: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000)),
});

/** A price that is held for the caller. A key of his own makes his retries safe as well. */
export const makeQuote: Handler = async ({ services, scope, headers, body }) => {
  const { success, output } = v.safeParse(order, await body());
  if (!success) throw new BadRequest('expected { "product": id, "quantity": from 1 to 1000 }');
  const key = headers['idempotency-key'];
  const quote = await services.quote(output, typeof key === 'string' ? key : undefined, scope);
  return { status: 201, body: quote };
};

export const nothingHere: Handler = async () => {
  throw new NotFound('there is nothing here');
};
