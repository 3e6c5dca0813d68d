import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { GROUP } from '../resource/constants';
import { clusterScoped } from './_cluster-scoped';
import type { OperatorWebhook } from './operator-webhook';

/** The kinds that the webhook handles. @see EMQX Operator 2.2.29, `config/webhook` */
const MUTATED: readonly Target[] = [
  { webhook: 'mutating.broker.emqx.io', kind: 'emqxbroker', version: 'v1beta4', plural: 'emqxbrokers' },
  { webhook: 'mutating.enterprise.emqx.io', kind: 'emqxenterprise', version: 'v1beta4', plural: 'emqxenterprises' },
  { webhook: 'mutating.emqxplugin.emqx.io', kind: 'emqxplugin', version: 'v1beta4', plural: 'emqxplugins' },
];
const VALIDATED: readonly Target[] = [
  { webhook: 'validator.rebalance.emqx.io', kind: 'rebalance', version: 'v2beta1', plural: 'rebalances' },
  { webhook: 'validator.broker.emqx.io', kind: 'emqxbroker', version: 'v1beta4', plural: 'emqxbrokers' },
  { webhook: 'validator.enterprise.emqx.io', kind: 'emqxenterprise', version: 'v1beta4', plural: 'emqxenterprises' },
  { webhook: 'validator.emqxplugin.emqx.io', kind: 'emqxplugin', version: 'v1beta4', plural: 'emqxplugins' },
];

interface Target {
  readonly webhook: string;
  readonly kind: string;
  readonly version: string;
  readonly plural: string;
}

export interface AdmissionOptions {
  /** Name of the operator; other names are derived from it. */
  readonly name: string;
  readonly namespace: string;
  readonly watchNamespace: string | undefined;
  /** Labels of the operator's pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Port of the container. */
  readonly port: number;
  readonly webhook: OperatorWebhook;
}

/** The webhook by which the API server calls the operator for its resources: a Service, a certificate, and configurations. */
export function addAdmission(scope: Construct, options: AdmissionOptions): void {
  const { name, namespace, webhook } = options;
  const service = `${name}-webhook-service`;
  new ApiObject(scope, 'WebhookService', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service, namespace },
    spec: { ports: [{ port: 443, protocol: 'TCP', targetPort: options.port }], selector: options.selector },
  });
  if (webhook.source === 'cert-manager') addCertificate(scope, options, service);
  addConfiguration(scope, options, service, 'Mutating', MUTATED);
  addConfiguration(scope, options, service, 'Validating', VALIDATED);
}

function addCertificate(scope: Construct, { name, namespace, webhook }: AdmissionOptions, service: string): void {
  const issuer = `${name}-selfsigned-issuer`;
  new ApiObject(scope, 'Issuer', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Issuer',
    metadata: { name: issuer, namespace },
    spec: { selfSigned: {} },
  });
  new ApiObject(scope, 'Certificate', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: certificateOf(name), namespace },
    spec: {
      dnsNames: [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`],
      issuerRef: { kind: 'Issuer', name: issuer },
      secretName: webhook.secretName,
    },
  });
}

function addConfiguration(
  scope: Construct,
  { name, namespace, watchNamespace, webhook }: AdmissionOptions,
  service: string,
  type: 'Mutating' | 'Validating',
  targets: readonly Target[],
): void {
  const verb = type === 'Mutating' ? 'mutate' : 'validate';
  const caBundle = webhook.caBundle === undefined ? undefined : Buffer.from(webhook.caBundle).toString('base64');
  const configuration = new ApiObject(scope, `${type}Webhook`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${type}WebhookConfiguration`,
    metadata: {
      // It is cluster-scoped: two operators, each for its own namespace, must not overwrite it.
      name: `${watchNamespace === undefined ? '' : `${watchNamespace}-`}${name}-${type.toLowerCase()}-webhook-configuration`,
      ...(webhook.source === 'cert-manager' && {
        annotations: { 'cert-manager.io/inject-ca-from': `${namespace}/${certificateOf(name)}` },
      }),
    },
    webhooks: targets.map((target) => ({
      name: target.webhook,
      admissionReviewVersions: ['v1', 'v1beta1'],
      clientConfig: {
        ...(caBundle !== undefined && { caBundle }),
        service: {
          name: service,
          namespace,
          path: `/${verb}-${GROUP.replaceAll('.', '-')}-${target.version}-${target.kind}`,
        },
      },
      failurePolicy: 'Fail',
      ...(watchNamespace !== undefined && {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': watchNamespace } },
      }),
      rules: [
        {
          apiGroups: [GROUP],
          apiVersions: [target.version],
          operations: ['CREATE', 'UPDATE'],
          resources: [target.plural],
        },
      ],
      sideEffects: 'None',
    })),
  });
  clusterScoped(configuration);
}

function certificateOf(name: string): string {
  return `${name}-serving-cert`;
}
