import { once } from 'node:events';
import { styleText } from 'node:util';
import { createClient } from 'resilient-fetch';
import { CommandLineError, type Comparison, help, readCommandLine } from './command-line.ts';
import { type Contest, contest } from './contest.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { showLive } from './live.ts';
import { showPage } from './page.ts';
import { seeded } from './random.ts';
import { ended, failures, table, total, verdict } from './report.ts';
import { serve } from './serve.ts';
import { arrivals, sendInTurns, sendWhenDue } from './traffic.ts';

const seconds = 14;
const sides = ['plain', 'resilient'] as const;

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', () => process.exit());

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CommandLineError)) throw error;
  console.error(`${error.message}\nnpm start -- --help says what can be given.`);
  process.exitCode = 1;
}

async function run(given: readonly string[]): Promise<void> {
  const command = readCommandLine(given);
  if (command.kind === 'help') console.log(help);
  else if (command.kind === 'demo') await demo(command.seed, command.port);
  else if (command.kind === 'serve') await serve(command.seed, command.port);
  else await compare(command);
}

/** The same traffic to upstreams that misbehave, each side with upstreams of its own. */
async function demo(seed: number, port: number): Promise<void> {
  const page = await showPage(port);
  const fleet = await startFleet(seed, 'at once');
  const due = arrivals(seconds, seeded(seed));
  const client = createClient({ name: 'demo', timeout: { attempt: 400 }, random: seeded(seed) });
  const contests = fleet.upstreams.map(({ name, urls }) => {
    const own = client.extend({ name });
    page.watch(own);
    return contest(name, urls, due.length, own);
  });

  console.log(`${title('The same traffic through plain fetch and through a resilient-fetch client')}
${due.length} GETs to each upstream and side in ${seconds} s, 30 and 10 a second in turn; seed ${seed}.
The client is createClient({ timeout: { attempt: 400 } }), with jitter from the seed.
Watch it live: ${page.url} (npm start -- --serve keeps it up)

${fleet.upstreams.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}
`);
  fleet.begin();
  const ends = contests.flatMap(({ call }) =>
    sides.map((side) => sendWhenDue(due, () => call(side))),
  );
  await untilEnd(ends, contests);
  await countAtUpstreams(fleet, contests);
  show(contests, 'as counted by the upstream');
  fleet.stop();
  page.close();
  await client.close();
}

/** The same number of GETs to somebody's own endpoint. */
async function compare({ url, n, c, port }: Comparison): Promise<void> {
  const page = await showPage(port);
  const client = createClient({ name: 'demo' });
  page.watch(client);
  const { href } = url;
  const contests = [contest('endpoint', { plain: href, resilient: href }, n, client)];

  console.log(`${title(`GET ${url.origin}${url.pathname} through plain fetch and through a client`)}
${n} calls each, ${Math.min(n, c)} at a time; the client is createClient(), all by default.
Watch it live: ${page.url}
`);
  const ends = contests.flatMap(({ call }) =>
    sides.map((side) => sendInTurns(n, c, () => call(side))),
  );
  await untilEnd(ends, contests);
  show(contests, 'that left');
  advise(url, total(contests));
  page.close();
  await client.close();
}

function advise(url: URL, { plain, resilient }: ReturnType<typeof total>): void {
  if (ended(plain) > 0 && plain.succeeded + resilient.succeeded === 0) {
    console.log(`\nNot one call succeeded. Does ${url.origin} answer a GET of ${url.pathname}?`);
  } else if (resilient.failures.has('CircuitOpenError')) {
    console.log(
      '\nAn open circuit answers at once, so a loop like this one runs through its calls',
    );
    console.log('while it is open; users who come at their own pace lose fewer.');
  }
}

/** Waits for the traffic, or for a Ctrl-C, after which what has ended so far is shown all the same. */
async function untilEnd(
  ends: readonly Promise<void>[],
  contests: readonly Contest[],
): Promise<void> {
  const live = showLive(contests);
  const interrupted = once(process, 'SIGINT').then(() => true);
  const early = await Promise.race([interrupted, Promise.all(ends).then(() => false)]);
  live.stop();
  if (!early) return;
  console.log('Interrupted; this is what had ended by then.\n');
  process.exitCode = 130;
}

async function countAtUpstreams(fleet: Fleet, contests: readonly Contest[]): Promise<void> {
  const counts = await fleet.counts();
  for (const [index, { urls }] of fleet.upstreams.entries()) {
    const tallies = contests[index]?.tallies;
    for (const side of sides) if (tallies) tallies[side].requests = counts[urls[side]] ?? 0;
  }
}

function show(contests: readonly Contest[], requests: string): void {
  console.log(`${table(contests, requests)}\n`);
  console.log(`${failures(contests)}\n`);
  console.log(title(verdict(contests)));
  if (process.exitCode === 130) process.exit();
}

function title(text: string): string {
  return styleText('bold', text);
}
