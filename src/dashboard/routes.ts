import { warn } from '../core/guard.ts';
import { answer } from './answer.ts';
import type { Collector } from './collector.ts';
import { control } from './controls.ts';
import { type Document, documentOf } from './document.ts';
import type { Picture } from './feed.ts';
import type { LiveFeed } from './live-feed.ts';
import type { Way } from './mount.ts';
import type { DashboardControls } from './options.ts';
import type { Assets } from './page-assets.ts';

/** A request as both styles of handler hand it on. */
export interface Asked {
  /** As it came: that of `request` can't be any. */
  readonly method: string;
  readonly request: Request;
}

export interface Parts {
  readonly collector: Collector;
  readonly feed: LiveFeed;
  readonly picture: () => Picture;
  readonly controls: DashboardControls | undefined;
  readonly readAssets: () => Promise<Assets>;
}

type Route = (asked: Asked & Way) => Response | Promise<Response>;

/** Answers whatever comes in. */
export function routes(parts: Parts): Route {
  const { collector, feed, picture, controls, readAssets } = parts;
  let made: Promise<Document> | undefined;

  const reading: Readonly<Record<string, Route>> = {
    '': ({ name }) => answer(307, null, { location: `./${name}/` }),
    '/': page,
    '/events': events,
    '/picture': () => json(picture()),
  };

  return (asked) => {
    const { path, method } = asked;
    if (path === '/circuit' && controls) return circuit(asked, controls);
    const read = Object.hasOwn(reading, path) ? reading[path] : undefined;
    if (!read) return answer(404, 'not found');
    if (method !== 'GET' && method !== 'HEAD') return wrongMethod('GET, HEAD');
    return read(asked);
  };

  async function page(): Promise<Response> {
    try {
      made ??= readAssets().then(documentOf);
      const { html, policy } = await made;
      return answer(200, html, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
      });
    } catch (error) {
      made = undefined;
      warn('page of the dashboard', error);
      return answer(500, 'the page could not be read');
    }
  }

  function events({ method, request }: Asked): Response {
    if (feed.isFull) return answer(503, 'too many viewers');
    return answer(200, method === 'HEAD' ? null : feed.open(request.signal), {
      'content-type': 'text/event-stream',
      'x-accel-buffering': 'no',
    });
  }

  function circuit({ method, request }: Asked, allowed: DashboardControls) {
    if (method !== 'POST') return wrongMethod('POST');
    return control(request, allowed, (client, origin) => collector.circuitOf(client, origin));
  }
}

function json(value: unknown): Response {
  return answer(200, JSON.stringify(value), { 'content-type': 'application/json' });
}

function wrongMethod(allow: string): Response {
  return answer(405, 'method not allowed', { allow });
}
