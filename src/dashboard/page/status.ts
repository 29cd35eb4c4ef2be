import type { Connection } from './connection.ts';
import { part, setText } from './element.ts';
import { clock, span } from './format.ts';

/**
 * Says whether what is shown is what there is. A page that lost its server looks exactly like a service on which nothing
 * happens, so it must not look the same.
 */
export function status() {
  const pill = part('connection', HTMLElement);
  const banner = part('outage', HTMLElement);
  return {
    /** @param at when what is shown was so, on the clock of the server; 0 while nothing is. */
    draw({ connection, at, paused }: { connection: Connection; at: number; paused: boolean }) {
      const lost = connection.state === 'lost' ? connection : undefined;
      const state = lost ? 'stale' : paused ? 'paused' : connection.state;
      pill.dataset.state = state;
      document.body.classList.toggle('stale', lost !== undefined);
      banner.hidden = !lost;
      setText(pill, words(state, at));
      if (lost) setText(banner, news(at, lost));
    },
  };
}

function words(state: string, at: number): string {
  if (state === 'stale') return at > 0 ? `Stale since ${clock(at)}` : 'No connection';
  if (state === 'paused') return `Paused at ${clock(at)}`;
  return state === 'live' ? `Live ${clock(at)}` : 'Connecting…';
}

function news(at: number, { age, reason }: Extract<Connection, { state: 'lost' }>): string {
  const why = reason ? ` (${reason})` : '';
  if (at === 0) return `The server does not answer${why}. Trying again…`;
  return `No news from the server since ${clock(at)}, ${span(age)} ago${why}. This is how things stood then. Trying again…`;
}
