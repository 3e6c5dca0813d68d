import type { core } from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import type { RenderedObject } from '../constructs/rendered';
import { LICENSE_KEY } from '../resource';
import { kubernetesPackage } from './kubernetes-package';

/** What the components create beside a cluster. */
export interface Beside {
  /** The objects of the construct; all but the license. */
  readonly objects: pulumi.Output<RenderedObject[]>;
  /** Whether there is a network policy among them. */
  readonly hasNetworkPolicy: boolean;
  /** Label of the pods of one set. */
  readonly revisionLabel: string;
  readonly cluster: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string | undefined>;
  /** Text of the license; undefined without one of the component's own. */
  readonly license: pulumi.Input<string> | undefined;
}

/** The children of both components: the Secret of the license, the Service of the devices, and a network policy. */
export function childrenBeside(
  component: pulumi.ComponentResource,
  name: string,
  { objects, hasNetworkPolicy, revisionLabel, cluster, namespace, license }: Beside,
): { service: core.v1.Service; secret: core.v1.Secret | undefined } {
  const k8s = kubernetesPackage();
  const child = { parent: component };
  const secret =
    license === undefined
      ? undefined
      : new k8s.core.v1.Secret(
          `${name}-license`,
          {
            metadata: {
              name: pulumi.interpolate`${cluster}-license`,
              namespace: pulumi.output(namespace).apply((given) => given ?? 'default'),
            },
            stringData: { [LICENSE_KEY]: pulumi.secret(license) },
          },
          child,
        );
  // During an upgrade it selects one revision; in the end all nodes of the cluster again.
  const pinned = { ...child, ignoreChanges: [`spec.selector["${revisionLabel}"]`] };
  const service = new k8s.core.v1.Service(`${name}-service`, manifestOf(objects, 'Service'), pinned);
  if (hasNetworkPolicy)
    new k8s.networking.v1.NetworkPolicy(`${name}-network-policy`, manifestOf(objects, 'NetworkPolicy'), child);
  return { service, secret };
}

/** @throws Error when a license is given in two forms */
export function refuseTwoLicenses(license: unknown, licenseSecretName: unknown): void {
  if (license === undefined || licenseSecretName === undefined) return;
  throw new Error("'license' must be given as text, or by the name of a Secret (licenseSecretName), not both");
}

/** @typeParam Spec as `@pulumi/kubernetes` types it; what the constructs render is checked there. */
export function manifestOf<Spec>(objects: pulumi.Output<RenderedObject[]>, kind: string) {
  const object = objects.apply((all) => all.find((one) => one.kind === kind)!);
  return {
    metadata: object.apply(({ metadata }) => metadata),
    spec: object.apply(({ spec }) => spec) as unknown as pulumi.Output<Spec>,
  };
}
