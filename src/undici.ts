export { type ResilienceInterceptor, resilience } from './undici/resilience.ts';
export type { ResilienceOptions } from './undici/sender.ts';
