import { assembled } from './assembled.mjs';
import { bare } from './bare.mjs';
import { clients } from './clients.mjs';
import { ours } from './ours.mjs';

/**
 * Everybody who is measured. `open` loads the client's code, which a process does for one alone, and takes the wait before
 * each retry where that is to be the same for all. See ../../speed/client.ts.
 */
export const all = [...ours, ...bare, ...clients, ...assembled];
