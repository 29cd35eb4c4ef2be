import { styleText } from 'node:util';
import type { Contest } from './contest.ts';
import { colourOf, ended, percent, sideNames, total } from './report.ts';
import type { Tally } from './tally.ts';

const barLength = 18;

/** Shows how it goes until `stop` is called: lines that are rewritten in a terminal, a line now and then in a pipe. */
export function showLive(contests: readonly Contest[]): { stop(): void } {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1_000;
  if (!process.stdout.isTTY || process.stdout.columns < 80) {
    const timer = setInterval(() => console.log(line(contests, seconds())), 3_000);
    return { stop: () => clearInterval(timer) };
  }

  let height = 0;
  const erase = () => process.stdout.write(height > 0 ? `\r\x1b[${height}A\x1b[J` : '');
  const draw = () => {
    const lines = picture(contests, seconds());
    erase();
    process.stdout.write(`\x1b[?25l${lines.join('\n')}\n`);
    height = lines.length;
  };
  const showCursor = () => process.stdout.write('\x1b[?25h');
  process.on('exit', showCursor);
  draw();
  const timer = setInterval(draw, 100);
  return {
    stop() {
      clearInterval(timer);
      erase();
      showCursor();
      process.off('exit', showCursor);
    },
  };
}

function line(contests: readonly Contest[], seconds: number): string {
  const { plain, resilient } = total(contests);
  const state = (tally: Tally) => `${percent(tally.succeeded, ended(tally))} of ${ended(tally)}`;
  const time = `${Math.round(seconds)} s`.padStart(5);
  return `${time}  success: ${sideNames.plain} ${state(plain)}, ${sideNames.resilient} ${state(resilient)}`;
}

function picture(contests: readonly Contest[], seconds: number): string[] {
  const width = barLength + 11;
  const head = ''.padEnd(12) + sideNames.plain.padEnd(width) + sideNames.resilient;
  const rows = contests.map((contest) => {
    const { name, calls, tallies } = contest;
    const circuit = contest.circuit();
    const state = circuit === 'closed' ? '' : styleText('red', ` ${circuit}`);
    return `${styleText('bold', name.padEnd(12))}${bar(tallies.plain, calls)}   ${bar(tallies.resilient, calls)}${state}`;
  });
  const legend = `${seconds.toFixed(1).padStart(5)} s     █ succeeded  ▒ failed`;
  return [styleText('dim', head), ...rows, styleText('dim', legend)];
}

/** How far one side is, and how well it fares. */
function bar(tally: Tally, calls: number): string {
  const cells = (count: number) => Math.round((barLength * count) / calls);
  const done = cells(ended(tally));
  const succeeded = Math.min(done, cells(tally.succeeded));
  const share = percent(tally.succeeded, ended(tally)).padStart(7);
  return [
    styleText('green', '█'.repeat(succeeded)),
    styleText('red', '▒'.repeat(done - succeeded)),
    styleText('dim', '·'.repeat(barLength - done)),
    styleText(colourOf(tally), ` ${share}`),
  ].join('');
}
