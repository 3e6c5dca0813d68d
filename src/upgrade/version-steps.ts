import { coerce, satisfies } from 'semver';

/** An upgrade from one version of EMQX 5 or 6 to another that does not simply work. */
export interface VersionStep {
  /** Ranges of versions. */
  readonly from: string;
  readonly to: string;
  readonly status: 'blocker' | 'warning';
  /** Only where sessions are durable. */
  readonly durable?: true;
  readonly finding: string;
  readonly fix: string;
}

/**
 * @see EMQX documentation, "Rolling upgrades"; issues 1181, 1190 and 1256 of emqx/emqx-operator; issue 18851 of emqx/emqx
 */
const STEPS: readonly VersionStep[] = [
  {
    from: '<5.1.1',
    to: '>=5.0.0',
    status: 'blocker',
    finding: 'EMQX before 5.1.1 is not supported by operator 2.2',
    fix: 'upgrade to 5.1.1 or newer by restarting its nodes first',
  },
  {
    from: '>=5.0.0',
    to: '<5.0.0',
    status: 'blocker',
    finding: 'operator 2.2 runs no EMQX 4 as an EMQX resource',
    fix: 'request 5.1.1 or newer',
  },
  {
    from: '<5.4.0',
    to: '>=5.9.0 <5.10.0',
    status: 'warning',
    finding: '5.9 does not start with the limiter configuration of before 5.4',
    fix: 'remove the old limiter settings from the configuration first',
  },
  {
    from: '<5.4.0',
    to: '>=5.10.0 <6.0.0',
    status: 'blocker',
    finding: '5.10 does not read the routing tables of clusters that were created before 5.4',
    fix: "go to 5.9 first, restart all nodes at once, and check that emqx eval 'emqx_router:get_schema_vsn().' says v2",
  },
  {
    from: '>=5.4.0 <5.6.0',
    to: '>=5.6.0 <5.7.0',
    status: 'warning',
    finding: 'from 5.4 and 5.5 to 5.6 the vendor expects warnings in the log while both versions run',
    fix: 'ignore them while the upgrade is under way',
  },
  {
    from: '>=5.8.7 <5.9.0',
    to: '5.9.0 || 5.10.0',
    status: 'blocker',
    finding: 'from 5.8.7 on, 5.9.0 and 5.10.0 do not join the cluster',
    fix: 'request 5.9.1 or 5.10.1, or newer',
  },
  {
    from: '<5.8.0',
    to: '>=6.0.0',
    status: 'blocker',
    finding: 'the vendor supports upgrades to 6.x from 5.8 on',
    fix: 'upgrade to 5.8 or newer first',
  },
  {
    from: '>=5.0.0 <6.0.0',
    to: '6.0.0',
    status: 'blocker',
    finding: '6.0.0 does not start with settings under `bridges`',
    fix: 'request 6.0.1 or newer',
  },
  {
    from: '>=5.0.0 <6.0.0',
    to: '>=6.0.0',
    status: 'blocker',
    durable: true,
    finding: '6.x has another storage format: every durable session is lost, with its messages',
    fix: 'accept it with --accept-loss (Pulumi: upgrade.acceptLoss), or stay on 5.x',
  },
  {
    from: '>=6.1.0 <6.2.0',
    to: '>=6.2.0 <6.3.0',
    status: 'warning',
    finding: 'from 6.1 to 6.2 databases of message queues were not opened on new nodes in some clusters',
    fix: 'check after the upgrade that message queues deliver',
  },
  {
    from: '>=6.2.0 <6.3.0',
    to: '6.3.0',
    status: 'blocker',
    finding:
      '6.3.0 rewrites the API key of the operator in a format that 6.2 cannot read: the old nodes could no longer be evacuated',
    fix: 'request 6.3.1 or newer',
  },
  {
    from: '>=5.0.0 <6.3.0',
    to: '>=6.3.0',
    status: 'warning',
    finding:
      'from 6.3 on a node refuses scrapes by Prometheus that have no API key: the cluster would be without metrics',
    fix: 'give Prometheus an API key with the role Viewer before the upgrade (construct: EmqxMonitoring with apiKey)',
  },
];

/** What is known of the step between two versions; nothing for a step that works. */
export function versionSteps(from: string, to: string): VersionStep[] {
  const [before, after] = [coerce(from), coerce(to)];
  if (!before || !after) return [];
  return STEPS.filter((step) => satisfies(before, step.from) && satisfies(after, step.to));
}
