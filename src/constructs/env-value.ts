/** The value of an environment variable: given here, or in a Secret or ConfigMap of the cluster's namespace. */
export class EnvValue {
  /** The value itself. It stands in the custom resource in clear: take {@link EnvValue.fromSecret} for what is secret. */
  static fromValue(value: string): EnvValue {
    return new EnvValue({ value });
  }

  /** The value under a key of a Secret. A node reads it when it starts: a changed Secret waits for the next one. */
  static fromSecret(name: string, key: string): EnvValue {
    return new EnvValue({ valueFrom: { secretKeyRef: { name, key } } });
  }

  /** The value under a key of a ConfigMap. A node reads it when it starts: a changed ConfigMap waits for the next one. */
  static fromConfigMap(name: string, key: string): EnvValue {
    return new EnvValue({ valueFrom: { configMapKeyRef: { name, key } } });
  }

  readonly #source: object;

  private constructor(source: object) {
    this.#source = source;
  }

  /** As Kubernetes has it. A method, so that printing an EnvValue does not print the value. */
  toWire(name: string): object {
    return { name, ...this.#source };
  }
}
