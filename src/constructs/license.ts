import { HIDDEN } from '../resource/problem';
import type { Findings } from './_findings';

/**
 * The license of EMQX: as text, or in an existing Secret. In both cases EMQX reads it from a Secret. A changed Secret
 * reaches the running nodes of EMQX 4.4 without an upgrade; those of EMQX 5 and 6 read it when they start.
 *
 * @see EMQX Operator 2.2.29, `spec.license.secretName`; EMQX 5, `license.key`
 */
export class License {
  /**
   * The license as text. It is rendered into a Secret `<cluster>-license`, so the manifests contain it in plain text: keep
   * them out of version control, or use {@link License.fromSecret}.
   */
  static inline(text: string): License {
    return new License(text, undefined);
  }

  /** The license in a Secret of the cluster's namespace; its only key must be `emqx.lic`. */
  static fromSecret(name: string): License {
    return new License(undefined, name);
  }

  readonly #text: string | undefined;

  private constructor(
    text: string | undefined,
    /** Name of the existing Secret; undefined for a license given as text. */
    readonly secretName: string | undefined,
  ) {
    this.#text = text;
  }

  /** Name of the Secret from which the nodes of a cluster read the license. */
  secretNameFor(cluster: string): string {
    return this.secretName ?? `${cluster}-license`;
  }

  /** The text of an inline license. A method, so that printing a License does not print it. */
  text(): string | undefined {
    return this.#text;
  }
}

export function checkLicense(findings: Findings, path: string, license: unknown): void {
  if (!(license instanceof License)) {
    findings.report(path, HIDDEN, {
      bound: 'one License',
      reason: 'a license is given either as text or by the name of a Secret, not both',
      fix: 'write License.inline(text) or License.fromSecret(name)',
    });
    return;
  }
  const given: unknown = license.secretName ?? license.text();
  if (typeof given === 'string' && given.trim() !== '') return;
  findings.report(path, given === undefined ? undefined : HIDDEN, {
    bound: 'some text',
    reason: 'an empty license, or an unnamed Secret, leaves EMQX without one',
    fix: 'check where the text comes from; without a license leave the property out',
  });
}
