/** Where items are pushed to. */
export interface Pushing<Item> {
  next(item: Item): void;
  end(): void;
  fail(error: unknown): void;
}

/** A stream of what an SDK pushes to its caller, until there is no more, or the caller has had enough. */
export function pushed<Item>(
  signal: AbortSignal,
  open: (pushing: Pushing<Item>) => () => void,
): AsyncIterable<Item> {
  return new ReadableStream<Item>({
    start(controller) {
      const close = open({
        next: (item) => controller.enqueue(item),
        end: () => controller.close(),
        fail: (error) => controller.error(error),
      });
      signal.addEventListener('abort', () => {
        close();
        controller.close();
      });
    },
  });
}
