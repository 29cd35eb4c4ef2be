import { Pair } from './pair.ts';

/* Opens what it never closes. */
const { pids } = await Pair.open();
console.log(pids.join(' '));
