import { deadPort } from '../../support/fault-server.ts';
import { silence } from '../answers.ts';
import { callOf, outcome } from '../observation.ts';
import type { Area } from '../stage.ts';

export const failureCases: Area = {
  name: 'failures',
  cases: {
    'a port where nobody listens': async (stage) => {
      const port = await deadPort();
      stage.names(port);
      return outcome(() => stage.fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' }));
    },
    'a port where nobody listens, at 2 addresses': async (stage) => {
      const port = await deadPort();
      stage.names(port);
      return outcome(() => stage.fetch(`http://localhost:${port}/`));
    },
    'a port where nobody listens, of a stream': async (stage) => {
      const port = await deadPort();
      stage.names(port);
      const init = { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' };
      return outcome(() => stage.fetch(`http://127.0.0.1:${port}/`, init as RequestInit));
    },
    'a certificate that nobody trusts': async (stage) => {
      const server = await stage.serveAt({ secure: true }, silence);
      return outcome(() => stage.fetch(server.at('/')));
    },
    'https to a server that speaks http': async (stage) => {
      const server = await stage.serve(silence);
      const address = server.at('/').replace('http:', 'https:');
      return outcome(() => stage.fetch(address, { method: 'POST' }));
    },
    'http to a server that speaks https': async (stage) => {
      const server = await stage.serveAt({ secure: true }, silence);
      const address = server.at('/').replace('https:', 'http:');
      return outcome(() => stage.fetch(address, { method: 'POST' }));
    },
    'a dispatcher that is none': async (stage) => {
      const server = await stage.serve(silence);
      const given = [{}, 7, 'agent', { dispatch: 1 }];
      const calls = given.map((dispatcher) =>
        outcome(() => stage.fetch(server.at('/'), { dispatcher } as unknown as RequestInit)),
      );
      return Promise.all(calls);
    },
    'a dispatcher that throws': async (stage) => {
      const server = await stage.serve(silence);
      const dispatcher = {
        dispatch() {
          throw new RangeError('no dispatch');
        },
      };
      return outcome(() => stage.fetch(server.at('/'), { dispatcher } as unknown as RequestInit));
    },
    'an error that is thrown again by a chain of promises': async (stage) => {
      const { thrown } = await outcome(() =>
        stage.fetch('http://').catch((error) => {
          throw error;
        }),
      );
      return thrown;
    },
    'a call whose promise nobody keeps, beside one that is kept': async (stage) => {
      stage.callerOnly();
      const server = await stage.serve(silence);
      const caller = new AbortController();
      const { signal } = caller;
      stage.fetch(server.at('/'), { signal }).catch(() => {});
      const kept = await callOf(() => stage.fetch('data:,kept'));
      // nothing of it may be left when another server has that port
      caller.abort();
      return kept;
    },
  },
};
