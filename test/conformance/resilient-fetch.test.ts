import { conform } from './conform.ts';
import { subjects } from './subjects.ts';

conform(subjects.resilientFetch());
