export { CallerGoneError } from './server/caller-gone.ts';
export { type FetchHandler, fetchHandler } from './server/fetch-handler.ts';
export { type NodeHandler, nodeHandler } from './server/node-handler.ts';
export type { ServerOptions } from './server/options.ts';
export type { HandlerFailure } from './server/report.ts';
export { type FailureKind, type Verdict, verdictOf } from './server/verdict.ts';
