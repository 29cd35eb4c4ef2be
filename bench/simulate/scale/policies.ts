import type { Policy } from './client.ts';
import { peers } from './peers.ts';
import { shipping } from './shipping.ts';

/** All that are compared: ours, nothing at all, and the peers. */
export const policies: readonly Policy[] = [shipping, ...peers];
