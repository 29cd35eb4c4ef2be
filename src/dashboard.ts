import { type Dashboard, openDashboard } from './dashboard/open-dashboard.ts';
import type { DashboardOptions } from './dashboard/options.ts';
import { readAssets } from './dashboard/page-assets.ts';

export type { Decision, OriginPicture, Picture, Series } from './dashboard/feed.ts';
export type { NodeHandler } from './dashboard/node-handler.ts';
export type { Dashboard } from './dashboard/open-dashboard.ts';
export type { DashboardControls, DashboardOptions } from './dashboard/options.ts';

/**
 * Makes a live page about clients: what each origin's circuit, budget and slots are at, how calls fare, and each decision
 * with its reason. It opens no port: give `node` or `fetch` to a server that you have, below whatever guards that. It
 * tells nothing private, and changes nothing unless `controls` are given.
 *
 * @throws OptionsError if an option is unknown or wrong, with a line for each.
 */
export function createDashboard(options: DashboardOptions = {}): Dashboard {
  return openDashboard(options, readAssets);
}
