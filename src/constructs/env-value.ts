/** The value of an environment variable: a literal, or from a Secret or ConfigMap of the cluster's namespace. */
export class EnvValue {
  /** The value itself. The custom resource contains it in plain text: use {@link EnvValue.fromSecret} for secrets. */
  static fromValue(value: string): EnvValue {
    return new EnvValue({ value });
  }

  /** The value under a key of a Secret. A node reads it when it starts: a changed Secret takes effect at the next start. */
  static fromSecret(name: string, key: string): EnvValue {
    return new EnvValue({ valueFrom: { secretKeyRef: { name, key } } });
  }

  /** The value under a key of a ConfigMap. A node reads it when it starts: a changed ConfigMap takes effect at the next start. */
  static fromConfigMap(name: string, key: string): EnvValue {
    return new EnvValue({ valueFrom: { configMapKeyRef: { name, key } } });
  }

  readonly #source: object;

  private constructor(source: object) {
    this.#source = source;
  }

  /** The form in Kubernetes. A method, so that printing an EnvValue does not print the value. */
  toWire(name: string): object {
    return { name, ...this.#source };
  }
}
