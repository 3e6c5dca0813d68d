import type { Violation } from '../resource/problem';
import { nodePort, type Rule } from '../resource/rules';
import type { EmqxSpec } from '../resource/v2beta1/emqx';
import type { Findings } from './_findings';
import { put } from './_put';

/** The dashboard of a cluster of EMQX 5 or 6, and the management API, which has the same port. */
export interface EmqxDashboard {
  /**
   * Port on the nodes. It cannot be changed later: the operator would look for the running nodes on the new one. The probes of
   * the nodes, the operator and an upgrade use it.
   *
   * @default 18083
   * @see EMQX 5, `dashboard.listeners.http.bind`
   */
  readonly port?: number;

  /**
   * Type of the Service `<cluster>-dashboard`, which the operator creates and which leads to the cores; `none` leaves it out.
   * A change is not an upgrade.
   *
   * @default "ClusterIP"
   */
  readonly service?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'none';

  /**
   * Port on every Kubernetes node, from 30000 to 32767, for a Service of type NodePort.
   *
   * @default - Kubernetes chooses one
   */
  readonly nodePort?: number;

  /**
   * Annotations of the Service, by which a cloud's load balancer is configured.
   *
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>;
}

type ServiceTemplate = NonNullable<EmqxSpec['dashboardServiceTemplate']>;

/** For the operator, which creates the Service from it. */
export function dashboardServiceOf(dashboard: EmqxDashboard | undefined, port: number): ServiceTemplate | undefined {
  const { service, nodePort: chosen, annotations } = dashboard ?? {};
  if (service === 'none') return { enabled: false };
  if (service === undefined && chosen === undefined && annotations === undefined) return undefined;
  const template: ServiceTemplate = { enabled: true };
  put(template, 'metadata', annotations && { annotations: { ...annotations } });
  const spec: NonNullable<ServiceTemplate['spec']> = { type: service ?? 'ClusterIP' };
  if (chosen !== undefined) {
    // The operator merges its own port into this one, by name and number.
    spec.ports = [{ name: 'dashboard', port, targetPort: port, protocol: 'TCP', nodePort: chosen }];
  }
  template.spec = spec;
  return template;
}

export function checkDashboard(findings: Findings, path: string, dashboard: EmqxDashboard): void {
  const { port, service, nodePort: chosen } = dashboard;
  if (port !== undefined) findings.check(`${path}.port`, port, containerPort);
  if (service !== undefined && !['ClusterIP', 'NodePort', 'LoadBalancer', 'none'].includes(service)) {
    findings.report(`${path}.service`, service, unknownService);
  }
  if (chosen === undefined) return;
  findings.check(`${path}.nodePort`, chosen, nodePort);
  if (service !== 'NodePort') findings.report(`${path}.nodePort`, chosen, noNodePort);
}

const containerPort: Rule = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535
    ? undefined
    : {
        bound: 'a whole number from 1 to 65535',
        reason: 'the probes of the nodes, the operator and an upgrade use this port',
        fix: 'leave it out: it is 18083 then',
      };

const unknownService: Violation = {
  bound: '"ClusterIP", "NodePort", "LoadBalancer" or "none"',
  reason: 'the operator creates a Service of this type',
  fix: 'leave it out: it is "ClusterIP" then',
};

const noNodePort: Violation = {
  bound: 'left out',
  reason: 'only a Service of type NodePort has node ports to choose',
  fix: "write service: 'NodePort', or leave it out",
};
