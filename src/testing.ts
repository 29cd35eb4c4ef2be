export type { Answer, AnswerDetails, ReceivedRequest } from './testing/answer.ts';
export type { AnswerContent } from './testing/content.ts';
export type { Expectations } from './testing/expectations.ts';
export type { Fault, FaultKind } from './testing/fault.ts';
export { type FaultServer, startFaultServer } from './testing/fault-server.ts';
export type { Injection } from './testing/fault-source.ts';
export { type Flaky, flaky } from './testing/flaky.ts';
export { type EndFollowing, followDate } from './testing/follow-date.ts';
export type { MockedAnswer } from './testing/mocked-answer.ts';
export { networkError } from './testing/network-error.ts';
export type {
  AskedRequest,
  FaultOptions,
  FaultServerOptions,
  SettleOptions,
} from './testing/options.ts';
export { type Recorder, record } from './testing/recorder.ts';
export type { RecordedAttempt } from './testing/recording.ts';
export { seeded } from './testing/seeded.ts';
export { type Clock, settle } from './testing/settle.ts';
export { type FaultyFetch, withFaults } from './testing/with-faults.ts';
