import type { Link, Side } from './link.ts';

/** What is done to a link, and undone, and what it needs. */
export interface Fault {
  readonly name: string;
  /** What the machine must allow, for those who read that it does not. */
  readonly means: string;
  readonly begin: (link: Link) => void;
  readonly end: (link: Link) => void;
}

/** An end of the link that has no carrier; its own side knows, and the other one hears nothing. */
const down = (side: Side): Fault => ({
  name: `the link is down at the ${side}`,
  means: 'ip link',
  begin: (link) => link.run(side, 'ip', 'link', 'set', side, 'down'),
  end: (link) => link.run(side, 'ip', 'link', 'set', side, 'up'),
});

/** What the server is sent comes to it, and nothing comes back. */
const answersLost: Fault = {
  name: 'a black hole swallows the answers',
  means: 'ip route … blackhole',
  begin: (link) => link.run('server', 'ip', 'route', 'add', 'blackhole', '10.77.0.1'),
  end: (link) => link.run('server', 'ip', 'route', 'delete', 'blackhole', '10.77.0.1'),
};

/** A rule of the firewall at the sides that are named, for whatever comes in. */
const dropping = (name: string, sides: readonly Side[], ...rule: readonly string[]): Fault => ({
  name,
  means: 'nft … drop',
  begin: (link) => {
    for (const side of sides) {
      const hook = '{ type filter hook input priority 0 ; }';
      link.run(side, 'nft', 'add', 'table', 'inet', 'fault');
      link.run(side, 'nft', 'add', 'chain', 'inet', 'fault', 'in', hook);
      link.run(side, 'nft', 'add', 'rule', 'inet', 'fault', 'in', ...rule, 'drop');
    }
  },
  end: (link) => {
    for (const side of sides) link.run(side, 'nft', 'delete', 'table', 'inet', 'fault');
  },
});

/** A discipline of the kernel's for what the sides that are named send. */
const queueing = (
  name: string,
  sides: readonly Side[],
  kind: string,
  ...rule: readonly string[]
): Fault => ({
  name,
  means: `tc qdisc … ${kind}`,
  begin: (link) => {
    for (const side of sides) {
      link.run(side, 'tc', 'qdisc', 'add', 'dev', side, 'root', kind, ...rule);
    }
  },
  end: (link) => {
    for (const side of sides) link.run(side, 'tc', 'qdisc', 'delete', 'dev', side, 'root');
  },
});

const both: readonly Side[] = ['client', 'server'];

/** For 3 s nothing comes through. */
export const outages: readonly Fault[] = [
  down('client'),
  down('server'),
  answersLost,
  dropping('a black hole swallows the requests', ['server']),
  queueing('netem loses everything', both, 'netem', 'loss', '100%'),
];

/** All the time, something is wrong. */
export const troubles: readonly Fault[] = [
  dropping('a tenth of the packets is dropped', both, 'numgen', 'random', 'mod', '10', '<', '1'),
  queueing(
    ...(['a line of 108 kbit/s', ['server'], 'tbf'] as const),
    ...['rate', '108kbit', 'burst', '4kb', 'latency', '2s'],
  ),
  queueing('netem loses a tenth of the packets', both, 'netem', 'loss', '10%'),
  queueing('netem delays by 40 to 160 ms', both, 'netem', 'delay', '100ms', '60ms'),
  queueing(
    ...(['netem lets a quarter of the packets overtake', both, 'netem'] as const),
    ...['delay', '30ms', 'reorder', '25%', '50%'],
  ),
];
