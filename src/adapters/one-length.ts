import type { Interceptor } from './relay.ts';

/**
 * Says once what fetch says twice: where the caller gives a content-length, the fetch of Node 22 adds its own to it, and
 * the agent refuses "4, 4" (nodejs/undici#5500). Lengths that do not agree are left for it to refuse.
 */
export const oneLength: Interceptor = (dispatch) => (options, handler) => {
  const { headers } = options as { headers?: Record<string, unknown> };
  const said = headers?.['content-length'];
  if (typeof said !== 'string' || !said.includes(',')) return dispatch(options, handler);
  const lengths = new Set(said.split(',').map(Number));
  if (lengths.size > 1) return dispatch(options, handler);
  const [length] = lengths;
  const single = { ...headers, 'content-length': String(length) };
  return dispatch({ ...(options as object), headers: single }, handler);
};
