import { nodePort, nodePortTwice } from '../resource/rules';
import { unknownField } from '../resource/structure';
import type { Findings } from './_findings';
import { LISTENERS, MqttService } from './mqtt-service';

const OPTIONS: Record<MqttService['type'], readonly string[]> = {
  NodePort: LISTENERS,
  LoadBalancer: ['listeners', 'annotations'],
  ClusterIP: ['listeners'],
};

/** Checks what a compiler would have refused, too: a JavaScript program has none. */
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
  checkNodePorts(findings, path, service);
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
    const port: unknown = service.nodePorts[listener];
    if (port === undefined || port === 'auto') continue;
    findings.check(`${path}.${listener}`, port, nodePort);
    if (taken.has(port)) findings.report(`${path}.${listener}`, port, nodePortTwice);
    taken.add(port);
  }
}

function isListener(name: unknown): boolean {
  return (LISTENERS as readonly unknown[]).includes(name);
}
