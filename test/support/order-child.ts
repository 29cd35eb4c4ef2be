import { flushCompileCache } from 'node:module';
import { fileJournal, resume, saga } from '../../src/saga.ts';
import { orderSaga } from './order-saga.ts';

// Runs one order, or takes up what an earlier process left, until it is done or this process is killed.
const [path = '', baseUrl = '', order = '', what] = process.argv.slice(2);
// one that is killed writes nothing down when it ends, and the next would read all TypeScript again
flushCompileCache();
const journal = await fileJournal(path);
process.stdout.write('ready');
if (what === 'resume') await resume(journal, { order: orderSaga(baseUrl) });
else {
  await saga('order', orderSaga(baseUrl), { journal, id: order, input: { order } }).catch(() => {});
}
await journal.close();
