import type { Evacuation } from '../../evacuation';
import type { EmqxNode } from '../../node';
import type { Answer } from '../answers';
import { printAtom } from '../erlang';
import { callAll, callEvacuation } from '../node-calls';
import { answeredBy } from './answered-by';
import { failure, json, nodeNotFound } from './answers';
import { InvalidStart, parseStartV5 } from './start-options';

/** `/load_rebalance/…` and `/node_eviction/…` of EMQX 5 and 6, as one node answers them. */
export class RebalanceRoutesV5 {
  constructor(private readonly node: EmqxNode) {}

  /** 503 from the start of an evacuation to its stop, also while clients are accepted still. */
  availabilityCheck(): Answer {
    return this.node.isEvacuating ? failure(503, 'NODE_EVACUATING', 'Node Evacuating') : json({});
  }

  /** The counts of this moment. Sessions are with the sleepers of the whole cluster, as of the last count. */
  evictionStatus(): Answer {
    if (!this.node.isEvacuating) return json({ status: 'disabled' });
    const { sessions, countedSessions } = this.node;
    return json({ stats: { connections: sessions.live.size, sessions: countedSessions }, status: 'enabled' });
  }

  /** It asks who can receive sessions: no answer comes while one of them is frozen. */
  status(): Answer {
    const asked = this.node.evacuation.state === 'disabled' ? [] : this.recipientsOf(this.node);
    return answeredBy(asked, () =>
      this.call(this.node, ({ evacuation }) =>
        evacuation.state === 'disabled'
          ? json({ status: 'disabled' })
          : json({ ...statusOf(evacuation), process: 'evacuation', status: 'enabled' }),
      ),
    );
  }

  /** A node that is down is left out. No answer comes while one is frozen. */
  globalStatus(): Answer {
    return answeredBy(this.node.cluster.members, () => this.globalAnswer());
  }

  /** The body is checked first, then the node in the path. */
  startEvacuation(name: string, content: unknown): Answer {
    const { cluster } = this.node;
    const named = (content as { migrate_to?: unknown } | undefined)?.migrate_to;
    const asked = Array.isArray(named) ? cluster.members.filter((member) => named.includes(member.name)) : [];
    return answeredBy(asked, () => {
      try {
        const options = parseStartV5(content, {
          isKnown: (candidate) => cluster.isKnownName(candidate),
          available: (candidates) => cluster.available(candidates),
        });
        return this.onNode(name, ({ evacuation }) => (evacuation.start(options) ? undefined : 'already_started'));
      } catch (error) {
        if (error instanceof InvalidStart) return failure(400, error.code, error.message);
        throw error;
      }
    });
  }

  /** The evacuation may be asking who can receive sessions: no answer comes while one of them is frozen. */
  stopEvacuation(name: string): Answer {
    const target = this.node.cluster.members.find((member) => member.name === name);
    const asked = target && target.evacuation.state !== 'disabled' ? this.recipientsOf(target) : [];
    return answeredBy(asked, () =>
      this.onNode(name, ({ evacuation }) => (evacuation.stop() ? undefined : 'not_started')),
    );
  }

  /** The model never has anything to balance. */
  startRebalance(name: string): Answer {
    return this.onNode(name, () => 'nothing_to_balance');
  }

  stopRebalance(name: string): Answer {
    return this.onNode(name, () => 'not_started');
  }

  private recipientsOf({ evacuation }: EmqxNode): EmqxNode[] {
    return this.node.cluster.members.filter(({ name }) => evacuation.recipients.includes(name));
  }

  private globalAnswer(): Answer {
    return callAll(this.node, (evacuating) => {
      const evacuations = evacuating.map(({ name, evacuation }) => ({ ...statusOf(evacuation), node: name }));
      return json({ evacuations, purges: [], rebalances: [] });
    });
  }

  /** A change on a node, which may be another one. @param run returns why it is refused, or undefined */
  private onNode(name: string, run: (target: EmqxNode) => string | undefined): Answer {
    const target = this.node.cluster.members.find((member) => member.name === name);
    if (!target?.hasRebalance) return nodeNotFound(name);
    return this.call(target, () => {
      const reason = run(target);
      return reason ? failure(400, 'BAD_REQUEST', `error on node ${printAtom(name)}: ${reason}`) : json({});
    });
  }

  private call(target: EmqxNode, answer: (target: EmqxNode) => Awaited<Answer>): Answer {
    return callEvacuation(this.node, target, answer, ({ name }) => nodeNotFound(name));
  }
}

function statusOf(evacuation: Evacuation): Record<string, unknown> {
  const { stats, running } = evacuation;
  return {
    connection_eviction_rate: running?.connectionEvictionRate,
    connection_goal: 0,
    session_eviction_rate: running?.sessionEvictionRate,
    session_goal: 0,
    session_recipients: evacuation.recipients,
    state: evacuation.state,
    stats: {
      current_connected: stats.currentConnected,
      current_sessions: stats.currentSessions,
      initial_connected: stats.initialConnected,
      initial_sessions: stats.initialSessions,
    },
  };
}
