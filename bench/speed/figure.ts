import { allRows } from './rows.ts';
import { sizesOf } from './sizes.ts';

// One figure: a process that measures one row for one name, says what it found, and ends.

const [id = '', name = '', url = '', form = ''] = process.argv.slice(2);
const row = (await allRows()).find((one) => one.id === id);
try {
  if (!row) throw new Error(`no row is called ${id}`);
  process.send?.({ figures: await row.measure(name, { url, sizes: sizesOf(form) }) }, ended);
} catch (error) {
  process.send?.({ error: error instanceof Error ? error.stack : String(error) }, ended);
}

/** Without waiting for connections, or for calls that are still held. */
function ended(): void {
  process.exit();
}
