import { CircuitOpenError, createClient } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { deadPort, faultServer } from '../support/fault-server.ts';
import { causeCode, quick, until } from '../support/wire-call.ts';

const herd = Array.from({ length: 1_000 });

describe('1,000 concurrent calls to a port where nobody listens', () => {
  it('all settle after 1,020 attempts at the most, and open the circuit of that origin alone', async () => {
    await using live = await faultServer([200]);
    const dead = `http://127.0.0.1:${await deadPort()}`;
    const client = createClient(quick);
    let attempts = 0;
    const opened: string[] = [];
    client.on('attempt.started', ({ origin }) => {
      if (origin === dead) attempts++;
    });
    client.on('circuit.opened', ({ origin }) => opened.push(origin));

    const first = await Promise.allSettled(herd.map(() => client(dead)));
    const errors = first.map((result) => result.status === 'rejected' && result.reason);
    const refused = errors.filter((error) => error instanceof CircuitOpenError).length;
    const failed = errors.filter((error) => causeCode(error) === 'ECONNREFUSED').length;
    expect(refused + failed).toBeGreaterThanOrEqual(1_000);
    expect(errors).not.toContain(false);
    expect(attempts).toBeGreaterThanOrEqual(1_000);
    expect(attempts).toBeLessThanOrEqual(1_020);
    expect(opened).toEqual([dead]);
    expect(client.circuit(dead).state).toBe('open');

    attempts = 0;
    const second = await Promise.allSettled(herd.map(() => client(dead)));
    const reasons = second.map((result) => result.status === 'rejected' && result.reason);
    expect(reasons.filter((reason) => reason instanceof CircuitOpenError)).toHaveLength(1_000);
    expect(attempts).toBe(0);

    const response = await client(live.origin);
    expect(response.status).toBe(200);
    expect(live.requests).toHaveLength(1);
    const { origins, inFlight } = client.health();
    expect(inFlight).toBe(0);
    expect(origins[dead]).toMatchObject({ circuit: 'open', inFlight: 0 });
    expect(origins[live.origin]).toMatchObject({ circuit: 'closed', inFlight: 0 });
  });
});

describe('1 host that is down beside 3 that are not', () => {
  it('opens its own circuit and no other, and is asked no more than 10 times', async () => {
    await using one = await faultServer([200]);
    await using two = await faultServer([404]);
    await using three = await faultServer([200]);
    await using down = await faultServer([500]);
    const client = createClient({ retry: false });
    const servers = [one, two, three, down];
    for (let round = 0; round < 20; round++) {
      await Promise.allSettled(
        servers.map(async ({ origin }) => (await client(origin)).arrayBuffer()),
      );
    }
    expect(servers.map(({ requests }) => requests.length)).toEqual([20, 20, 20, 10]);
    const { origins } = client.health();
    const states = servers.map(({ origin }) => origins[origin]?.circuit);
    expect(states).toEqual(['closed', 'closed', 'closed', 'open']);
  });

  it('is asked 1 time more when its break of 100 ms is over, and is let in when it answers', async () => {
    await using server = await faultServer([...Array(3).fill(500), 200]);
    const client = createClient({
      retry: false,
      circuitBreaker: { consecutiveFailures: 3, openFor: 100 },
    });
    for (let call = 0; call < 6; call++) await client(server.origin).catch(() => {});
    expect(server.requests).toHaveLength(3);
    await until(() => client.circuit(server.origin).state === 'half-open');
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () => client(server.origin)),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(server.requests).toHaveLength(4);
    expect(client.circuit(server.origin).state).toBe('closed');
  });
});
