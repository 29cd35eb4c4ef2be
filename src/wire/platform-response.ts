import { define } from '../core/relay.ts';

interface Init {
  readonly status: number;
  readonly statusText: string;
}

/** What the platform's classes are to one that stands on them: their declarations have fields where there are methods. */
interface Answered {
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  json(): Promise<unknown>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  clone(): Response;
}

/** The platform's Response, as one to stand on. */
export const PlatformResponse = Response as unknown as new (
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  init: Init | undefined,
) => Answered;

/** The platform's Headers, as one to stand on. */
export const PlatformHeaders = Headers as unknown as new () => {
  append(name: string, value: string): void;
};

type Class = abstract new (...given: never[]) => object;

/** Whoever prints an object of a class of ours, asks what it is, or makes another one like it, is told of the platform's. */
export function standsFor(platform: Class, own: Class): void {
  Object.defineProperty(own, 'name', { value: platform.name });
  define(own.prototype, 'constructor', platform);
}
