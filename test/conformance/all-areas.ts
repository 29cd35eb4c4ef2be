import { abortedBodyCases } from './areas/aborted-bodies.ts';
import { abortCases } from './areas/aborts.ts';
import { answerCases } from './areas/answers.ts';
import { bodyStreamCases } from './areas/body-streams.ts';
import { encodingCases } from './areas/encodings.ts';
import { failureCases } from './areas/failures.ts';
import { methodCases } from './areas/methods.ts';
import { optionCases } from './areas/options.ts';
import { readingCases } from './areas/readings.ts';
import { redirectCases } from './areas/redirects.ts';
import { requestBodyCases } from './areas/request-bodies.ts';
import { requestHeaderCases } from './areas/request-headers.ts';
import { requestCases } from './areas/requests.ts';
import { responseHeaderCases } from './areas/response-headers.ts';
import { signalCases } from './areas/signals.ts';
import { streamCases } from './areas/streams.ts';
import { uploadCases } from './areas/uploads.ts';
import { urlCases } from './areas/urls.ts';
import type { Area } from './stage.ts';

/** Every way of using a fetch that is compared. */
export const areas: readonly Area[] = [
  methodCases,
  requestHeaderCases,
  requestBodyCases,
  requestCases,
  urlCases,
  responseHeaderCases,
  readingCases,
  bodyStreamCases,
  streamCases,
  uploadCases,
  redirectCases,
  encodingCases,
  answerCases,
  optionCases,
  failureCases,
  abortCases,
  abortedBodyCases,
  signalCases,
];
