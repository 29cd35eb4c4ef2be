import { setTimeout as pause } from 'node:timers/promises';
import {
  counted,
  firstWait,
  milliseconds,
  outcome,
  requests,
  seconds,
  settle,
  statistics,
  until,
} from './measuring.ts';
import type { Call, Own, Peer, Send, Variant } from './peer.ts';
import { answer, type Reply, reset, type Server, serve } from './server.ts';

/** What one client did in one experiment. */
export interface Cell {
  readonly text: string;
  readonly notes?: readonly string[];
}

/** One way to misbehave, put before every client. */
export interface Experiment {
  readonly name: string;
  /** What happens and what is right. */
  readonly right: string;
  /** Clients one after another, because they would be in each other's way. */
  readonly alone?: true;
  /** The key of the clients' variants that belong to it. */
  readonly variant?: string;
  readonly measure: (peer: Peer, own: Own) => Promise<Cell>;
}

const patience = 12_500;

/** One request each, so that nobody's first figure contains what loading and compiling took. */
export async function warmUp(peers: readonly Peer[]): Promise<void> {
  await using server = await serve((_, response) => answer(response, 200));
  for (const { open } of peers) await settle(open()(get(server)), patience);
}

export const experiments: readonly Experiment[] = [
  {
    name: 'GET: 503, 503, 200',
    right: 'A GET is answered 503, 503, 200. Right: 3 requests, and the caller gets the 200.',
    variant: 'recovery',
    async measure(peer, own) {
      await using server = await serve((number, response) =>
        answer(response, number < 3 ? 503 : 200),
      );
      const end = await settle(peer.open(own)(get(server)), patience);
      return { text: `${requests(server)}, ${outcome(end)}` };
    },
  },
  {
    name: 'POST: connection reset',
    right:
      'The connection is reset when a POST has arrived: the server may have acted on it. Right: 1 request. (With a body; without one where that differs.)',
    variant: 'post',
    async measure(peer, own) {
      return { text: await posted(() => peer.open(own), reset) };
    },
  },
  {
    name: 'POST: 503',
    right:
      'A POST is answered 503, by a server that may have acted on it. Right: 1 request. (With a body; without one where that differs.)',
    variant: 'post',
    async measure(peer, own) {
      return { text: await posted(() => peer.open(own), unavailable) };
    },
  },
  {
    name: 'GET: 404',
    right:
      'A GET is answered 404. Right: 1 request. Whether the caller gets an answer or an exception is a matter of taste; fetch gives an answer.',
    async measure(peer, own) {
      await using server = await serve((_, response) => answer(response, 404));
      const end = await settle(peer.open(own)(get(server)), patience);
      const given = end.state === 'answered' ? 'answer' : outcome(end);
      return { text: `${requests(server)}, ${given}` };
    },
  },
  {
    name: 'first attempt hangs',
    right:
      'The first attempt is never answered, the second would be at once; watched for 12.5 s. Right: the 200, after the time an attempt is given.',
    variant: 'hang',
    async measure(peer, own) {
      await using server = await serve((number, response) => {
        if (number > 1) answer(response, 200);
      });
      const end = await settle(peer.open(own)(get(server)), patience);
      return { text: end.state === 'pending' ? 'hangs' : `${outcome(end)}, ${seconds(end.took)}` };
    },
  },
  {
    name: '503, Retry-After: 2',
    right:
      'A 503 asks for 2 s; measured from its end to the second request. (2 s and not 1 s: some wait 1 s by themselves.) Right: never shorter than 2,000 ms.',
    async measure(peer, own) {
      await using server = await serve((number, response) =>
        number === 1 ? answer(response, 503, { 'retry-after': '2' }) : answer(response, 200),
      );
      await settle(peer.open(own)(get(server)), patience);
      const wait = firstWait(server);
      return { text: wait === undefined ? 'no retry' : milliseconds(wait) };
    },
  },
  {
    name: '429, Retry-After: 3600',
    right:
      'A 429 asks for an hour; watched for 12.5 s. Right: the caller has the 429 at once, and the server is not asked again.',
    variant: 'tooLong',
    async measure(peer, own) {
      await using server = await serve((_, response) =>
        answer(response, 429, { 'retry-after': '3600' }),
      );
      const end = await settle(peer.open(own)(get(server)), patience);
      const wait = firstWait(server);
      if (wait !== undefined) return { text: `asks again after ${milliseconds(wait)}` };
      if (end.state === 'pending') return { text: 'waits on' };
      return { text: `${outcome(end)}, ${milliseconds(end.took)}` };
    },
  },
  {
    name: 'abort while waiting',
    right:
      "The caller aborts 100 ms into a wait of 5 s before a retry: Retry-After: 5 where it is heeded, a configured wait of 5 s where it is not. Right: rejects at once, with the caller's own reason (the same object, as fetch does).",
    async measure(peer, own) {
      await using server = await serve((_, response) =>
        answer(response, 503, { 'retry-after': '5' }),
      );
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new DOMException('the caller has left', 'AbortError');
      const send = peer.open({ ...own, ...(peer.heedsRetryAfter ? {} : peer.wait(5_000)) });
      const end = settle(send({ ...get(server), signal }), patience);
      await until(() => server.hits[0]?.answeredAt !== undefined, 2_000);
      await pause(100);
      const abortedAt = performance.now();
      controller.abort(reason);
      const result = await end;
      if (result.state === 'pending') return { text: 'does not end' };
      const whose = 'error' in result && result.error === reason ? 'own reason' : outcome(result);
      const more = server.hits.length > 1 ? ', asks again' : '';
      return { text: `${milliseconds(result.at - abortedAt)}, ${whose}${more}` };
    },
  },
  {
    name: 'spread of first waits',
    right:
      '50 clients are answered 503 at the same moment; standard deviation over mean of the times to their first retries (and the mean). Right: well above 0 (full jitter: 0.58); at 0 they return together. A mean under 50 ms is no wait but the time that this machine takes.',
    alone: true,
    variant: 'jitter',
    async measure(peer, own) {
      const fleet = 50;
      const held: (() => void)[] = [];
      let releasedAt = 0;
      const waits = new Map<string, number>();
      await using server = await serve((number, response, hit) => {
        if (number > fleet) {
          if (!waits.has(hit.path)) waits.set(hit.path, hit.at - releasedAt);
          answer(response, 200);
          return;
        }
        held.push(() => answer(response, 503));
        if (held.length < fleet) return;
        releasedAt = performance.now();
        for (const release of held) release();
      });
      const calls = Array.from({ length: fleet }, (_, index) =>
        settle(peer.open(own)(get(server, `${index}`)), patience),
      );
      await Promise.all(calls);
      if (waits.size < fleet) return { text: `${waits.size} of ${fleet} came again` };
      const { mean, deviation } = statistics([...waits.values()]);
      if (mean < 50) return { text: 'no wait' };
      return { text: `${(deviation / mean).toFixed(2)} (${milliseconds(mean)})` };
    },
  },
  {
    name: 'dead host, 30 calls',
    right:
      '30 GETs one after another to a host that resets every connection, waits set to 1 ms: requests that it saw, of the 120 that 3 retries make. Right: a breaker stops asking.',
    variant: 'breaker',
    async measure(peer, own) {
      await using server = await serve(reset);
      const send = peer.open({ ...peer.wait(1), ...own });
      const failed = await insist(send, server);
      return { text: `${requests(server)} of 120${failed}` };
    },
  },
  {
    name: '… and the other host',
    right:
      'The same client, after these 30 calls, asks another host, which is well. Right: it gets an answer. (Only for clients that have a breaker.)',
    async measure(peer, own) {
      const { breaker } = peer;
      if (!breaker) return { text: '–', notes: ['It has no breaker that could be in the way.'] };
      await using dead = await serve(reset);
      await using well = await serve((_, response) => answer(response, 200));
      const given = breaker === 'default' ? {} : breaker.own;
      const send = peer.open({ ...peer.wait(1), ...given, ...own });
      await insist(send, dead);
      const end = await settle(send(get(well)), patience);
      const text = outcome(end);
      if (breaker === 'default') return { text };
      return { text: `○ ${text}`, notes: [optional(breaker)] };
    },
  },
  {
    name: 'PUT of a stream: 503',
    right:
      'A PUT of 64 KiB from a stream that can be read once is answered 503, and 200 from then on: the bodies that arrived, and what the caller got. Right: none that is empty or in part. Once is enough; again from a copy kept in memory is right too.',
    async measure(peer, own) {
      await using server = await serve((number, response) =>
        answer(response, number === 1 ? 503 : 200),
      );
      const call = { url: server.url, method: 'PUT', chunks: oneShot, headers: octets };
      const end = await settle(peer.open(own)(call), patience);
      const bodies = server.hits.map(({ received, ended }) => {
        if (received === bodyLength) return 'whole';
        if (received > 0) return 'part';
        return ended ? 'empty' : 'head only';
      });
      return { text: `${counted(bodies)}; ${outcome(end)}` };
    },
  },
  {
    name: 'sockets left open',
    right:
      '60 calls one after another, each third answered 503 with 100 KiB before its 200, waits set to 1 ms: sockets still open at the server 200 ms after the last. Right: the one or two that are kept for the next call; one more for each retry is a leak, until the garbage collector finds them.',
    alone: true,
    async measure(peer, own) {
      const seen = new Set<string>();
      const large = 'x'.repeat(100 * 1024);
      await using server = await serve((_, response, { path }) => {
        const bad = path.startsWith('/bad') && !seen.has(path);
        seen.add(path);
        if (bad) answer(response, 503, {}, large);
        else answer(response, 200);
      });
      const send = peer.open({ ...peer.wait(1), ...own });
      let good = 0;
      for (let call = 0; call < 60; call++) {
        const path = call % 3 === 2 ? `bad/${call}` : `good/${call}`;
        const end = await settle(send(get(server, path)), patience);
        if (end.state === 'answered' && end.status === 200) good++;
        if (end.state === 'pending') break;
      }
      await pause(200);
      const text = `${server.open.size}`;
      return good === 60 ? { text } : { text: `${text} (${good} of 60 calls answered)` };
    },
  },
];

const unavailable: Reply = (_, response) => answer(response, 503);
const plain = { 'content-type': 'text/plain' };
const octets = { 'content-type': 'application/octet-stream' };
const bodyLength = 4 * 16 * 1024;

/** How a note says with which option a ○ was measured. */
export function optional({ note }: Variant): string {
  return `○ with ${note}.`;
}

/** 30 calls one after another; says so if one of them does not end. */
async function insist(send: Send, server: Server): Promise<string> {
  for (let call = 0; call < 30; call++) {
    const { state } = await settle(send(get(server)), patience);
    if (state === 'pending') return `, call ${call + 1} does not end`;
  }
  return '';
}

/** Requests that come of a POST with a body; and of one without, where that is another number. */
async function posted(open: () => Send, reply: Reply): Promise<string> {
  const counts: string[] = [];
  for (const body of ['pay 100', undefined]) {
    await using server = await serve(reply);
    await settle(open()({ ...get(server), method: 'POST', headers: plain, body }), patience);
    counts.push(requests(server));
  }
  const [withBody, without] = counts;
  return withBody === without ? `${withBody}` : `${withBody} (${without} without body)`;
}

async function* oneShot(): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < 4; chunk++) yield new Uint8Array(bodyLength / 4).fill(120);
}

function get({ url }: Server, path: string = ''): Call {
  return { url: url + path, method: 'GET' };
}
