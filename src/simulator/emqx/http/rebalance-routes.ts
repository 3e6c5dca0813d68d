import type { Evacuation } from '../evacuation';
import type { EmqxNode } from '../node';
import { type Answer, data, json, refusal } from './answers';
import { printAtom } from './erlang';
import { callAll, callEvacuation } from './node-calls';
import { type Param, parseStart } from './start-options';

/**
 * A call into a node that is shutting down hangs. In each of four measured upgrades the operator's pass that started an
 * evacuation on such a node took 14 to 23 s longer.
 */
const CALL_INTO_STOPPING_MS = 15_000;

/** `/load_rebalance/…` and `/node_eviction/…`, as one node answers them. */
export class RebalanceRoutes {
  constructor(private readonly node: EmqxNode) {}

  /** 503 from the start of an evacuation to its stop. It reads only the eviction agent, so it never waits. */
  availabilityCheck(): Answer {
    return json({}, this.node.refusesClients ? 503 : 200);
  }

  evictionStatus(): Answer {
    if (!this.node.refusesClients) return json({ status: 'disabled' });
    const { live, evictable } = this.node.sessions;
    return json({ status: 'enabled', stats: { connections: live.size, sessions: evictable.size } });
  }

  status(): Answer {
    return this.call(this.node, ({ evacuation }) => {
      if (evacuation.state === 'disabled') return json({ status: 'disabled' });
      return json({ status: 'enabled', process: 'evacuation', ...statusOf(evacuation) });
    });
  }

  globalStatus(): Answer {
    const { profile } = this.node;
    return callAll(this.node, (evacuating) => {
      const statuses = evacuating.map(({ name, evacuation }) => [name, statusOf(evacuation)] as const);
      return profile.globalStatusAsArrays
        ? json({ evacuations: statuses.map(([name, status]) => ({ node: name, ...status })), rebalances: [] })
        : json({ evacuations: Object.fromEntries(statuses), rebalances: {} });
    });
  }

  startEvacuation(name: string, params: readonly Param[]): Answer {
    return this.onNode(name, () => {
      const { cluster } = this.node;
      const options = parseStart(params, {
        isKnown: (candidate) => cluster.isKnownName(candidate),
        available: (candidates) => cluster.available(candidates),
      });
      return ({ evacuation }) => evacuation.start(options) || this.stateError('already_started');
    });
  }

  stopEvacuation(name: string): Answer {
    return this.onNode(
      name,
      () =>
        ({ evacuation }) =>
          evacuation.stop() || this.stateError('not_started'),
    );
  }

  /** The model never has anything to balance. */
  startRebalance(name: string, params: readonly Param[]): Answer {
    return this.onNode(name, () => {
      const nodes = params.find((param) => 'name' in param && param.name === 'nodes');
      const listed = nodes && 'value' in nodes && Array.isArray(nodes.value) ? nodes.value : [];
      const unknown = listed.find((item) => !this.node.cluster.isKnownName(String(item)));
      return () => (unknown === undefined ? this.stateError('nothing_to_balance') : `invalid node: ${unknown}`);
    });
  }

  stopRebalance(name: string): Answer {
    return this.onNode(name, () => () => this.stateError('not_started'));
  }

  /**
   * A change on a node, which may be another one: the name is checked first, then the parameters, then the node is asked.
   *
   * @param prepare returns what to do there: true for success, or the message of the refusal
   */
  private onNode(name: string, prepare: () => (target: EmqxNode) => true | string): Answer {
    const { cluster } = this.node;
    if (!cluster.isKnownName(name)) return refusal(`invalid node: ${name}`);
    const run = prepare();
    const target = cluster.node(name);
    const failure = refusal(this.communicationError(name));
    if (target?.phase === 'stopping') return cluster.clock.sleep(CALL_INTO_STOPPING_MS).then(() => failure);
    if (!target?.hasRebalance) return failure;
    return this.call(target, () => {
      const result = run(target);
      return result === true ? data([]) : refusal(result);
    });
  }

  private call(target: EmqxNode, answer: (target: EmqxNode) => Awaited<Answer>): Answer {
    return callEvacuation(this.node, target, answer, ({ name }) => refusal(this.communicationError(name)));
  }

  /** Before 4.4.17 the message is an Erlang list that was printed once more. */
  private stateError(reason: string): string {
    return this.node.profile.plainErrorMessages ? reason : `["${reason}"]`;
  }

  private communicationError(name: string): string {
    const message = 'Error communicating with node ';
    if (this.node.profile.plainErrorMessages) return `${message}${printAtom(name)}`;
    return `[${[...Buffer.from(message)].join(',')},"${printAtom(name)}"]`;
  }
}

function statusOf(evacuation: Evacuation): Record<string, unknown> {
  const { stats, running } = evacuation;
  return {
    state: evacuation.state,
    connection_eviction_rate: running?.connectionEvictionRate,
    session_eviction_rate: running?.sessionEvictionRate,
    connection_goal: 0,
    session_goal: 0,
    session_recipients: evacuation.recipients,
    stats: {
      initial_connected: stats.initialConnected,
      current_connected: stats.currentConnected,
      initial_sessions: stats.initialSessions,
      current_sessions: stats.currentSessions,
    },
  };
}
