import * as pulumi from '@pulumi/pulumi';

/** A resource as the program registers it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Of one that is only read. */
  id?: string;
}

/** Lets programs run without an engine; gives what they register, secrets unwrapped. */
export function mockEngine(): Registered[] {
  const registered: Registered[] = [];
  void pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        const given = Object.entries(inputs).filter(([, value]) => value !== undefined);
        registered.push({ type, name, inputs: Object.fromEntries(given), ...(id && { id }) });
        return { id: `${name}-id`, state: inputs };
      },
      call: ({ inputs }) => inputs,
    },
    'emqx',
    'dev',
  );
  return registered;
}

/** Resolves when a program has registered all that it does. */
export function disconnected(): Promise<void> {
  return pulumi.runtime.disconnect();
}

/** The value of an output. */
export function valueOfOutput<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

/** Whether an output is kept encrypted. */
export function isSecret(output: pulumi.Output<unknown>): Promise<boolean> {
  return pulumi.isSecret(output);
}

/** Resolves when a program has registered all that it does. */
export async function settled(...resources: pulumi.Resource[]): Promise<void> {
  await Promise.all(resources.map((resource) => valueOfOutput(resource.urn)));
  await disconnected();
}
