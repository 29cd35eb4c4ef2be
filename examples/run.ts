import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { closestMatch } from 'leven';

const folder = import.meta.dirname;
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== basename(import.meta.filename))
  .map((file) => basename(file, '.ts'));

const [name, ...rest] = process.argv.slice(2);
if (name !== undefined && names.includes(name)) run(name, rest);
else list(name);

function run(example: string, given: readonly string[]): void {
  const file = join(folder, `${example}.ts`);
  const child = spawn(process.execPath, [file, ...given], { stdio: 'inherit' });
  // A Ctrl-C reaches both; the example's own end is the one that counts.
  process.on('SIGINT', () => {});
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}

function list(unknown: string | undefined): void {
  if (unknown !== undefined) {
    const nearest = closestMatch(unknown, names, { maxDistance: 4 });
    console.error(
      `No example is called ${unknown}.${nearest ? ` Did you mean ${nearest}?` : ''}\n`,
    );
    process.exitCode = 1;
  }
  const width = Math.max(...names.map(({ length }) => length));
  console.log('npm run example <name>\n');
  for (const example of names) console.log(`  ${example.padEnd(width)}  ${aboutOf(example)}`);
  console.log('\nnpm start runs the demo: plain fetch and a client side by side.');
  console.log('npm run gateway runs a service on it: examples/gateway/README.md says what to try.');
}

/** The first comment line of an example says what it shows. */
function aboutOf(example: string): string {
  const source = readFileSync(join(folder, `${example}.ts`), 'utf8');
  return /^\/\/ (.*)$/m.exec(source)?.[1] ?? '';
}
