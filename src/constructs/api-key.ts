/**
 * A key of the management API that every node accepts from its first start on.
 *
 * The custom resource contains a given key and secret in plain text, and so do the manifests: keep them out of version control, and let
 * the program read the secret from where you keep secrets, for example from its environment.
 *
 * @see EMQX Operator 2.2.29, `bootstrapAPIKeys`
 */
export class ApiKey {
  /**
   * A key and its secret.
   *
   * @param key letters, digits and `_`; in an EmqxCluster also `-`
   * @param secret from 3 to 32 characters; in an EmqxCluster up to 128
   */
  static of(key: string, secret: string): ApiKey {
    return new ApiKey(key, secret, undefined);
  }

  /**
   * A key and its secret in a Secret of the cluster's namespace, under the keys `key` and `secret`. The custom resource does not
   * contain them. Only an EmqxCluster takes it.
   */
  static fromSecret(secretName: string): ApiKey {
    return new ApiKey(undefined, undefined, secretName);
  }

  readonly #secret: string | undefined;

  private constructor(
    /** The name of the key; undefined where a Secret holds it. */
    readonly key: string | undefined,
    secret: string | undefined,
    /** Name of the Secret; undefined for a key that is given. */
    readonly secretName: string | undefined,
  ) {
    this.#secret = secret;
  }

  /** A method, so that printing an ApiKey does not print its secret. */
  secret(): string | undefined {
    return this.#secret;
  }

  /** As the custom resource has it. */
  toWire(): object {
    if (this.secretName === undefined) return { key: this.key, secret: this.#secret };
    const of = (secretKey: string) => ({ secretName: this.secretName, secretKey });
    return { secretRef: { key: of('key'), secret: of('secret') } };
  }
}
