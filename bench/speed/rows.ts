import { originsRow } from './origins.ts';
import { requestRows } from './request-rows.ts';
import type { Row } from './row.ts';
import { strategiesRow } from './strategies.ts';
import { telemetryRow } from './telemetry.ts';

/** All that can be measured, in the order of the results. */
export async function allRows(): Promise<readonly Row[]> {
  return [...(await requestRows()), await originsRow(), strategiesRow, telemetryRow];
}
