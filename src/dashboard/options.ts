import * as v from 'valibot';
import { check } from '../check.ts';
import type { Client } from '../client.ts';
import { between, fn, object } from '../schema.ts';

const text = {
  client: 'a client (what createClient gives)',
  path: "a path such as '/dashboard'",
  window: 'milliseconds from 10000 to 600000',
};

const client = v.custom<Client>(isClient, text.client);

const controls = object({
  /**
   * Asked before a circuit is opened, isolated or closed from the page, with the request as it came: its cookies, its
   * headers. Only `true` lets it; what it throws is a no. It must leave the request's body unread.
   */
  authorise: fn<(request: Request) => boolean | Promise<boolean>>('(request) => boolean'),
});

const options = object({
  /** Those that are shown. Others can be added with `watch`. @default none */
  clients: v.optional(v.array(client, 'an array of clients')),
  /** How much of the past is shown, in milliseconds. @default 120_000 */
  window: v.optional(between(10_000, 600_000, text.window)),
  /**
   * Where the dashboard lives on its server, where nobody else takes that off the request's URL: a plain `node:http`
   * server doesn't, a router mostly does. @default '/'
   */
  path: v.optional(v.pipe(v.string(text.path), v.regex(/^\/[^?#]*$/, text.path))),
  /** Lets the page open, isolate and close circuits. Without it, the page can change nothing. @default off */
  controls: v.optional(controls),
});

/** What a dashboard shows, where, and what it may do. */
export interface DashboardOptions extends v.InferInput<typeof options> {}
/** Who may lay hands on a circuit. */
export interface DashboardControls extends v.InferInput<typeof controls> {}

const names = [...Object.keys(options.entries), 'controls.authorise'];

/** Checks a dashboard's options; throws an OptionsError that names every fault. */
export const checkDashboardOptions = (given: unknown): DashboardOptions =>
  check<DashboardOptions>(options, given, names);

/** Checks one client; throws an OptionsError if it is none. */
export const checkClient = (given: unknown): Client =>
  check<{ client: Client }>(object({ client }), { client: given }, ['client']).client;

function isClient(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  return ['on', 'health', 'circuit'].every(
    (name) => typeof Reflect.get(value, name) === 'function',
  );
}
