/**
 * A key of the management API that every node accepts from its first start on.
 *
 * The custom resource contains key and secret in plain text, and so do the manifests: keep them out of version control, and let the
 * program read the secret from where you keep secrets, for example from its environment.
 *
 * @see EMQX Operator 2.2.29, `spec.template.spec.emqxContainer.bootstrapAPIKeys`
 */
export class ApiKey {
  /**
   * A key and its secret.
   *
   * @param key letters, digits and `_`
   * @param secret from 3 to 32 characters
   */
  static of(key: string, secret: string): ApiKey {
    return new ApiKey(key, secret);
  }

  readonly #secret: string;

  private constructor(
    /** The name of the key. */
    readonly key: string,
    secret: string,
  ) {
    this.#secret = secret;
  }

  /** A method, so that printing an ApiKey does not print its secret. */
  secret(): string {
    return this.#secret;
  }
}
