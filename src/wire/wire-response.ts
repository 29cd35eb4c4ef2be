import { bodyLife } from '../core/body-life.ts';
import { define } from '../core/relay.ts';
import type { Head } from './head.ts';
import type { LazyBody } from './lazy-body.ts';
import { PlatformResponse, standsFor } from './platform-response.ts';
import { receivedHeaders } from './response-headers.ts';
import { untouched } from './untouched-stream.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const decoder = new TextDecoder();

async function parsed(body: LazyBody): Promise<unknown> {
  return JSON.parse(decoder.decode(await body.whole()));
}

async function decoded(body: LazyBody): Promise<string> {
  return decoder.decode(await body.whole());
}

/** A copy, where it would be a part of what a socket has read. */
async function own(body: LazyBody): Promise<Bytes> {
  const bytes = await body.whole();
  const whole = bytes.byteLength === bytes.buffer.byteLength && !Buffer.isBuffer(bytes);
  return whole ? bytes : new Uint8Array(bytes);
}

/**
 * A Response made of what undici tells of an answer, and not by fetch, of whose work two thirds are streams, signals and
 * headers that nearly nobody looks at. They are made when they are touched, and a body is read without them.
 *
 * Its platform's part has the status, which that reads from within, and the body.
 */
export class WireResponse extends PlatformResponse {
  readonly #head: Head;
  readonly #body: LazyBody | undefined;
  #headers: Headers | undefined;

  constructor(head: Head, body: LazyBody | undefined) {
    const { status, statusText } = head;
    const ordinary = isOrdinary(head);
    super(body ? untouched(body) : null, ordinary ? { status, statusText } : undefined);
    this.#head = head;
    this.#body = body;
    if (!ordinary) showAsReceived(this, head);
  }

  get url(): string {
    return this.#head.url;
  }

  get redirected(): boolean {
    return this.#head.redirected;
  }

  get type(): 'basic' | 'cors' {
    return this.#head.type;
  }

  get headers(): Headers {
    this.#headers ??= receivedHeaders(this.#head.headers);
    return this.#headers;
  }

  get body(): ReadableStream<Bytes> | null {
    return this.#body?.stream ?? null;
  }

  get [bodyLife](): LazyBody | undefined {
    return this.#body;
  }

  get bodyUsed(): boolean {
    return this.#body?.used ?? false;
  }

  override json(): Promise<unknown> {
    const body = this.#atOnce();
    return body ? parsed(body) : super.json();
  }

  override text(): Promise<string> {
    const body = this.#atOnce();
    return body ? decoded(body) : super.text();
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    const body = this.#atOnce();
    return body ? own(body).then(({ buffer }) => buffer) : super.arrayBuffer();
  }

  override bytes(): Promise<Bytes> {
    const body = this.#atOnce();
    return body ? own(body) : super.bytes();
  }

  async blob(): Promise<Blob> {
    return this.#typed(await this.arrayBuffer()).blob();
  }

  async formData(): Promise<FormData> {
    return this.#typed(await this.arrayBuffer()).formData();
  }

  override clone(): WireResponse {
    const body = this.#body;
    // the platform's own refusal
    if (body?.locked || body?.used) super.clone();
    return new WireResponse(this.#head, body?.fork());
  }

  /** What is to be read without a stream: nothing where there is a stream already, or nothing to read any more. */
  #atOnce(): LazyBody | undefined {
    const body = this.#body;
    return body && !body.touched && !body.used ? body : undefined;
  }

  /** The platform's own, with as much as it looks at: it knows what a type means, and what a form looks like. */
  #typed(bytes: ArrayBuffer): Response {
    const type = this.headers.get('content-type');
    return new Response(bytes, type === null ? undefined : { headers: { 'content-type': type } });
  }
}
standsFor(Response, WireResponse);

/** Whether the class takes it: not 999, as some servers answer, nor every byte in a status text. */
function isOrdinary({ status, statusText }: Head): boolean {
  return status <= 599 && (statusText === 'OK' || /^[\t\x20-\x7e\x80-\xff]*$/.test(statusText));
}

function showAsReceived(response: object, { status, statusText }: Head): void {
  define(response, 'status', status);
  define(response, 'statusText', statusText);
  define(response, 'ok', status >= 200 && status <= 299);
}
