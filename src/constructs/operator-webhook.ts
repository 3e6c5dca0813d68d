import { HIDDEN } from '../resource/problem';
import type { Rule } from '../resource/rules';
import type { Findings } from './_findings';

/**
 * How the operator's admission webhook gets its certificate. The webhook fills in what an EmqxEnterprise, EmqxBroker or
 * EmqxPlugin omits, and refuses what the operator could not run.
 *
 * @see EMQX Operator 2.2.29, Helm chart, values `webhook` and `cert-manager`
 */
export class OperatorWebhook {
  /** cert-manager issues the certificate and keeps it valid. It must be installed. */
  static certManager(): OperatorWebhook {
    return new OperatorWebhook('cert-manager', 'emqx-operator-webhook-server-cert', undefined);
  }

  /**
   * The certificate is in an existing Secret, under `tls.crt` and `tls.key`, and is issued for
   * `emqx-operator-webhook-service.<namespace>.svc`. If it is renewed, renew the bundle, too.
   *
   * @param secretName Name of the Secret, in the operator's namespace.
   * @param caBundle PEM text of the certificates that the API server is to trust.
   */
  static fromSecret(secretName: string, caBundle: string): OperatorWebhook {
    return new OperatorWebhook('secret', secretName, caBundle);
  }

  /**
   * No webhook. The resources that `EmqxEnterpriseCluster` renders are complete without it, and checked at synthesis.
   *
   * No longer checked: that `persistent`, `bootstrapAPIKeys`, the node name and the `cluster.*` settings stay
   * unchanged, and the version in a handwritten resource. No longer filled in: the defaults of a handwritten resource. The operator
   * treats one without labels as the owner of every pod in its namespace.
   */
  static none(): OperatorWebhook {
    return new OperatorWebhook('none', undefined, undefined);
  }

  private constructor(
    /** Where the certificate comes from; `none` without a webhook. */
    readonly source: 'cert-manager' | 'secret' | 'none',
    /** The Secret with the certificate; undefined without a webhook. */
    readonly secretName: string | undefined,
    /** PEM text; undefined where cert-manager fills it in. */
    readonly caBundle: string | undefined,
  ) {}
}

export function checkWebhook(findings: Findings, path: string, webhook: unknown): void {
  if (!(webhook instanceof OperatorWebhook)) {
    findings.report(path, webhook, {
      bound: 'an OperatorWebhook',
      reason: 'the source of its certificate decides what is rendered',
      fix: 'write OperatorWebhook.certManager(), .fromSecret(name, caBundle) or .none()',
    });
    return;
  }
  if (webhook.source !== 'secret') return;
  findings.check(`${path}.secretName`, webhook.secretName, secretName);
  // A private key that was mistaken for the bundle must not appear in a log.
  findings.report(`${path}.caBundle`, webhook.caBundle === undefined ? undefined : HIDDEN, bundle(webhook.caBundle));
}

const secretName: Rule = (value) =>
  typeof value === 'string' && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value)
    ? undefined
    : {
        bound: 'the name of a Secret',
        reason: 'without its certificate the operator does not start',
        fix: "name the Secret with tls.crt and tls.key, in the operator's namespace",
      };

const bundle: Rule = (value) =>
  typeof value === 'string' && value.includes('-----BEGIN CERTIFICATE-----') && !value.includes('PRIVATE KEY')
    ? undefined
    : {
        bound: 'certificates as PEM text, and no private key',
        reason: 'the API server verifies the operator with them; they are stored in plain text',
        fix: 'give the content of ca.crt, not base64-encoded',
      };
