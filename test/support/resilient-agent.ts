import { resilience } from 'resilient-fetch/undici';
import { Agent, type Dispatcher } from 'undici';
import { afterEach } from 'vitest';
import { quick } from './wire-call.ts';

const agents: Agent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.destroy();
});

/** A dispatcher with the interceptor closest to the network; its connections end with the test. */
export function resilient(
  given: Parameters<typeof resilience>[0] = quick,
  ...outer: Dispatcher.DispatcherComposeInterceptor[]
): Dispatcher {
  const agent = new Agent();
  agents.push(agent);
  return agent.compose(resilience(given), ...outer);
}
