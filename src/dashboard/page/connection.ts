import type { Picture } from '../feed.ts';

/** How the page stands with its server. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** `age` is how long nothing has come, in milliseconds. */
  | { readonly state: 'lost'; readonly age: number; readonly reason: string | undefined };

/** A picture comes each second; three that did not are no hiccup. */
const silence = 3_500;
/** How long a connection that is silent is trusted to come back by itself, in milliseconds. */
const patience = 10_000;
const again = 2_000;

/**
 * Listens for pictures, and goes on trying for as long as the page is open. The browser reconnects by itself where a
 * connection breaks, but not where the server answered with an error, and it does not notice one that went silent.
 */
export function connect(
  onPicture: (picture: Picture) => void,
  onChange: (connection: Connection) => void,
): void {
  let source = listen();
  let heardAt = performance.now();
  let triedAt = heardAt;
  let reason: string | undefined;

  function listen(): EventSource {
    const events = new EventSource('events');
    events.addEventListener('picture', ({ data }) => {
      heardAt = performance.now();
      triedAt = heardAt;
      reason = undefined;
      onPicture(JSON.parse(data));
      onChange({ state: 'live' });
    });
    events.addEventListener('error', async () => {
      if (events.readyState === EventSource.CLOSED) reason = await refusal();
    });
    return events;
  }

  setInterval(() => {
    const now = performance.now();
    const age = now - heardAt;
    if (age > silence) onChange({ state: 'lost', age, reason });
    const limit = source.readyState === EventSource.CLOSED ? again : patience;
    if (now - Math.max(heardAt, triedAt) < limit) return;
    triedAt = now;
    source.close();
    source = listen();
  }, 1_000);
}

/** An event source does not tell why it was refused, so the same is asked for once as an ordinary request. */
async function refusal(): Promise<string | undefined> {
  try {
    const { ok, status } = await fetch('picture');
    return ok ? undefined : `the server answers ${status}`;
  } catch {
    return undefined;
  }
}
