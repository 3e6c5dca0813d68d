import { formatPath } from '../resource/problem';
import { nodePort, nodePortTwice, type Rule } from '../resource/rules';
import { unknownField } from '../resource/structure';
import { addressBlock } from './_address-block';
import type { Findings } from './_findings';
import { LISTENERS, MqttService } from './mqtt-service';

const IP_FAMILIES = ['ipFamilies', 'ipFamilyPolicy'];

const OPTIONS: Record<MqttService['type'], readonly string[]> = {
  NodePort: [...LISTENERS, 'externalTrafficPolicy', ...IP_FAMILIES],
  LoadBalancer: [
    ...['listeners', 'annotations', 'externalTrafficPolicy', 'loadBalancerSourceRanges', 'loadBalancerClass'],
    ...IP_FAMILIES,
  ],
  ClusterIP: ['listeners', ...IP_FAMILIES],
};

/** Also checks what a compiler would have refused: a JavaScript program has none. */
export function checkMqttService(findings: Findings, path: string, service: unknown): void {
  if (!(service instanceof MqttService)) {
    findings.report(path, service, {
      bound: 'an MqttService',
      reason: 'how devices reach the cluster decides which ports it has',
      fix: 'write for example MqttService.nodePort({ mqtt: 32010 })',
    });
    return;
  }
  checkOptions(findings, path, service);
  checkListeners(findings, path, service);
  if (service.type === 'NodePort') checkNodePorts(findings, path, service);
  checkWayIn(findings, path, service);
  checkFamilies(findings, path, service);
}

function checkOptions(findings: Findings, path: string, service: MqttService): void {
  const known = OPTIONS[service.type];
  for (const [name, value] of Object.entries(service.options)) {
    if (known.includes(name)) continue;
    if (isListener(name)) {
      findings.report(`${path}.${name}`, value, {
        bound: 'left out',
        reason: `a Service of type ${service.type} has no node ports to choose`,
        fix: `name the listener in listeners: ['${name}'], or use MqttService.nodePort`,
      });
    } else {
      findings.add(unknownField([path, name], value, known).problem);
    }
  }
}

function checkListeners(findings: Findings, path: string, { type, listeners }: MqttService): void {
  const sound = Array.isArray(listeners) && listeners.length > 0 && listeners.every(isListener);
  if (sound && new Set(listeners).size === listeners.length) return;
  const given = Array.isArray(listeners) ? listeners.join(', ') || undefined : listeners;
  findings.report(type === 'NodePort' ? path : `${path}.listeners`, given, {
    bound: `${type === 'NodePort' ? '' : 'a list of '}one or more of ${LISTENERS.join(', ')}, each once`,
    reason: 'without a listener no device can connect, and no other port is published',
    fix: type === 'NodePort' ? 'give a listener its port, for example mqtt: 32010' : "write for example ['mqtt']",
  });
}

function checkNodePorts(findings: Findings, path: string, service: MqttService): void {
  const taken = new Set<unknown>();
  for (const listener of LISTENERS) {
    const port: unknown = service.options[listener];
    if (port === undefined || port === 'auto') continue;
    findings.check(`${path}.${listener}`, port, nodePort);
    if (taken.has(port)) findings.report(`${path}.${listener}`, port, nodePortTwice);
    taken.add(port);
  }
}

/** How traffic reaches the ports; annotations are strings, whatever a cloud reads in them. */
function checkWayIn(findings: Findings, path: string, { options }: MqttService): void {
  const { annotations, externalTrafficPolicy, loadBalancerClass, loadBalancerSourceRanges } = options;
  for (const [name, value] of Object.entries(annotations ?? {})) {
    findings.check(formatPath([...path.split('.'), 'annotations', name]), value, text);
  }
  if (externalTrafficPolicy !== undefined) {
    findings.check(`${path}.externalTrafficPolicy`, externalTrafficPolicy, trafficPolicy);
  }
  if (loadBalancerClass !== undefined) findings.check(`${path}.loadBalancerClass`, loadBalancerClass, className);
  if (loadBalancerSourceRanges === undefined) return;
  const at = `${path}.loadBalancerSourceRanges`;
  if (!Array.isArray(loadBalancerSourceRanges) || loadBalancerSourceRanges.length === 0) {
    findings.report(at, loadBalancerSourceRanges, noRanges);
  } else {
    loadBalancerSourceRanges.forEach((range: unknown, index) => {
      findings.check(`${at}[${index}]`, range, addressBlock);
    });
  }
}

function checkFamilies(findings: Findings, path: string, { options }: MqttService): void {
  const { ipFamilies: families, ipFamilyPolicy: policy } = options;
  if (policy !== undefined) findings.check(`${path}.ipFamilyPolicy`, policy, familyPolicy);
  if (families === undefined) return;
  const known = Array.isArray(families) && families.every((one) => one === 'IPv4' || one === 'IPv6');
  const shown = Array.isArray(families) ? families.join(', ') : families;
  if (!known || families.length === 0 || new Set(families).size < families.length) {
    findings.report(`${path}.ipFamilies`, shown, badFamilies);
  } else if (families.length === 2 && policy !== 'PreferDualStack' && policy !== 'RequireDualStack') {
    findings.report(`${path}.ipFamilies`, shown, twoFamilies);
  }
}

const familyPolicy: Rule = (value) =>
  value === 'SingleStack' || value === 'PreferDualStack' || value === 'RequireDualStack'
    ? undefined
    : {
        bound: '"SingleStack", "PreferDualStack" or "RequireDualStack"',
        reason: 'Kubernetes knows these three',
        fix: 'write "PreferDualStack" for both families where there are both',
      };

const badFamilies = {
  bound: 'a list of "IPv4", "IPv6" or both, each once',
  reason: 'Kubernetes knows these two',
  fix: "write for example ['IPv6']",
};

const twoFamilies = {
  bound: 'one family with "SingleStack", the default',
  reason: 'Kubernetes refuses two',
  fix: 'set ipFamilyPolicy to "PreferDualStack" or "RequireDualStack", too',
};

const text: Rule = (value) =>
  typeof value === 'string'
    ? undefined
    : {
        bound: 'text',
        reason: 'the API server refuses annotations of another type, and values are never converted',
        fix: 'write it in quotes',
      };

const trafficPolicy: Rule = (value) =>
  value === 'Cluster' || value === 'Local'
    ? undefined
    : {
        bound: '"Cluster" or "Local"',
        reason: 'Kubernetes knows these two',
        fix: 'write "Local" if EMQX must see the addresses of the devices',
      };

const className: Rule = (value) =>
  typeof value === 'string' && /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/.test(value)
    ? undefined
    : {
        bound: 'a name such as "service.k8s.aws/nlb"',
        reason: 'it is of the form of a label, and the API server refuses others',
        fix: 'take the name from the manual of the load balancer',
      };

const noRanges = {
  bound: 'a list of one or more networks',
  reason: 'an empty list lets every network in',
  fix: 'write for example ["203.0.113.0/24"], or leave it out',
};

function isListener(name: unknown): boolean {
  return (LISTENERS as readonly unknown[]).includes(name);
}
