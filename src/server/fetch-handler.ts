import { discard } from '../core/discard.ts';
import { runInside } from '../core/inside.ts';
import { Stop } from '../core/stop.ts';
import { answerFor, isToBeMarked } from './answer.ts';
import { CallerGoneError } from './caller-gone.ts';
import { contextOf } from './open.ts';
import { ruleFrom, type ServerOptions } from './options.ts';

/** A handler as fetch-style servers and routers have it, with whatever else they give. */
export type FetchHandler<Rest extends unknown[]> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * Puts around a handler what every request needs: a context with the time that its caller has left, an end when he hangs up
 * (by the request's signal), a 504 when time runs out, and an answer for whatever it throws.
 *
 * @throws OptionsError
 */
export function fetchHandler<Rest extends unknown[]>(
  handler: FetchHandler<Rest>,
  options: ServerOptions = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  const rule = ruleFrom(options);
  return function handle(request, ...rest) {
    const ambient = contextOf(rule, (name) => request.headers.get(name));
    const { method, url, signal } = request;
    const unanswered = { ambient, method, path: URL.parse(url)?.pathname ?? '/' };
    const caller = Stop.by(signal);
    return new Promise((resolve) => {
      let isAnswered = false;
      const answer = (response: Response) => {
        isAnswered = true;
        letGo();
        resolve(response);
      };
      const fail = (error: unknown) => {
        if (!isAnswered) answer(answerFor(error, rule, unanswered));
      };
      // calls have failed by then, and a handler that makes something of it is heard first
      const letGo = ambient.stop.onAbort(() => setImmediate(() => fail(ambient.stop.reason)));
      caller.onAbort(() => ambient.end(new CallerGoneError(caller.reason)));
      runInside(ambient, async () => handler(request, ...rest))
        .then((response) => (isAnswered ? discard(response) : answer(marked(response))))
        .catch(fail)
        .finally(() => caller.release());
    });

    function marked(response: Response): Response {
      if (rule.mark === false || !isToBeMarked(response.status, ambient)) return response;
      // one that a fetch gave has headers that can't be changed
      const copy = new Response(response.body, response);
      copy.headers.set(rule.mark, 'true');
      return copy;
    }
  };
}
