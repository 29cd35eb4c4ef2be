export { type FileJournal, fileJournal } from './saga/file-journal.ts';
export type { StepState } from './saga/history.ts';
export {
  type Fault,
  type Journal,
  type JournalEntry,
  JournalError,
  memoryJournal,
  type SagaEnding,
} from './saga/journal.ts';
export { type Resumed, type ResumeOptions, resume, type Sagas, settle } from './saga/resume.ts';
export type { SagaBody, SagaContext } from './saga/run.ts';
export { SagaError, type StepReport } from './saga/saga-error.ts';
export { type SagaOptions, saga } from './saga/start.ts';
export type { Action, Step, StepContext, StepOptions } from './saga/step.ts';
