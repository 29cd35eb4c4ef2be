/** What holds for all that is sent: it is nobody else's, and it is only true now. */
const always = {
  'cache-control': 'no-store, no-transform',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** An answer of the dashboard; what `headers` says stands over what holds for all. */
export function answer(
  status: number,
  body: string | ReadableStream<Uint8Array> | null = null,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const type = body === null ? {} : { 'content-type': 'text/plain; charset=utf-8' };
  return new Response(body, { status, headers: { ...always, ...type, ...headers } });
}
