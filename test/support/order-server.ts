import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What stands with the server of one step of one order. */
export interface Effect {
  readonly key: string;
  undone: number;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/**
 * A server that keeps what was done to it, and honours idempotency keys as a good API does: the second request with a key
 * waits for the first, has no effect, and gets its answer. A request goes on when its caller is gone. Some are late, some
 * are answered 503 before they did anything, and some are cut off after they did.
 */
export class OrderServer {
  readonly #answers = new Map<string, Promise<Answer>>();
  readonly #effects = new Map<string, Map<string, Effect>>();
  readonly #random: () => number;
  readonly #server = createServer((request, response) => void this.#take(request, response));
  #underWay = 0;
  /** Told of each request, with its order. */
  onRequest: (order: string) => void = () => {};

  constructor(random: () => number) {
    this.#random = random;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** When the last request is done, also of those whose caller is gone. */
  async quiet(): Promise<void> {
    while (this.#underWay > 0) await delay(2);
  }

  /** What was done for an order, under the step's name and a number of its own. */
  effectsOf(order: string): Map<string, Effect> {
    return this.#effects.get(order) ?? new Map();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#underWay++;
    try {
      const [, what = '', order = '', step = ''] = (request.url ?? '').split('/');
      this.onRequest(order);
      request.resume();
      if (this.#random() < 0.08) return void response.writeHead(503).end();
      const key = String(request.headers['idempotency-key']);
      const answer = this.#answers.get(key) ?? this.#answer(what, order, step, key);
      this.#answers.set(key, answer);
      const { status, body } = await answer;
      await delay(this.#random() * 4);
      if (this.#random() < 0.08) return void response.destroy();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    } finally {
      this.#underWay--;
    }
  }

  async #answer(what: string, order: string, step: string, key: string): Promise<Answer> {
    await delay(this.#random() * 4);
    const effects = this.effectsOf(order);
    this.#effects.set(order, effects);
    if (what === 'do') {
      if (step === 'ship' && order.endsWith('declined')) {
        return { status: 422, body: { said: 'no' } };
      }
      const name = `${step}#${effects.size}`;
      effects.set(name, { key, undone: 0 });
      return { status: 201, body: { effect: name } };
    }
    const effect = effects.get(decodeURIComponent(step));
    if (!effect) return { status: 404, body: { said: 'no such effect' } };
    effect.undone++;
    return { status: 200, body: {} };
  }
}
