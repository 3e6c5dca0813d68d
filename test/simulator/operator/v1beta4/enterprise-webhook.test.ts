import type { KubeObject } from '../../../../src/kubernetes/kube-api';
import { type EmqxEnterprise, withDefaults } from '../../../../src/resource';
import { unknownFieldsOf } from '../../../../src/simulator/operator/structure-of';
import { admitEnterprise } from '../../../../src/simulator/operator/v1beta4/enterprise-webhook';

type Resource = EmqxEnterprise & KubeObject;

function resource(change: (resource: Resource) => void = () => undefined): Resource {
  const made = {
    apiVersion: 'apps.emqx.io/v1beta4',
    kind: 'EmqxEnterprise',
    metadata: { name: 'ee', namespace: 'mqtt' },
    spec: { template: { spec: { emqxContainer: { image: { version: '4.4.14' } } } } },
  } as Resource;
  change(made);
  return made;
}

function refusal(object: KubeObject, previous?: KubeObject): unknown {
  try {
    admitEnterprise(object, previous);
    return undefined;
  } catch (error) {
    return error;
  }
}

const container = (made: Resource) => made.spec.template!.spec!.emqxContainer!;

test('a resource is completed in place', () => {
  const made = resource();
  const complete = withDefaults(made);
  admitEnterprise(made, undefined);
  expect(made).toEqual(complete);
});

test('fields that the definition does not have are named, and dropped', () => {
  const made = resource(({ spec }) => Object.assign(spec, { replica: 3, blueGreenUpdate: { evacuation: {} } }));
  expect(unknownFieldsOf(made)?.sort()).toEqual(['spec.blueGreenUpdate.evacuation', 'spec.replica']);
  admitEnterprise(made, undefined);
  expect(made.spec).toMatchObject({ blueGreenUpdate: {} });
  expect(unknownFieldsOf(made)).toEqual([]);
});

test('what has another structure is Invalid, with all problems', () => {
  const made = resource(({ spec }) => Object.assign(spec, { replicas: 'three', clusterDomain: 5 }));
  expect(refusal(made)).toMatchObject({
    status: 422,
    code: 'Invalid',
    message: expect.stringMatching(/^EmqxEnterprise "ee" is invalid: \[spec.replicas: .*, spec.clusterDomain: .*\]$/),
    cause: [{ field: 'spec.replicas' }, { field: 'spec.clusterDomain' }],
  });
});

test.each(['latest', '4.4.13', '5.0.0', 'v4.4.14'])('version %s is denied by the webhook', (version) => {
  const made = resource((one) => Object.assign(container(one).image!, { version }));
  expect(refusal(made)).toMatchObject({
    status: 403,
    code: 'Forbidden',
    message: expect.stringMatching(
      /^admission webhook "validator\.enterprise\.emqx\.io" denied the request: .*image\.version/,
    ),
  });
});

test('what cannot change is denied by the webhook, all of it; anything else may', () => {
  const stored = resource();
  admitEnterprise(stored, undefined);
  const changed = resource((one) =>
    Object.assign(container(one), { bootstrapAPIKeys: [{ key: 'a', secret: 'bcd' }], emqxConfig: { name: 'other' } }),
  );
  expect(refusal(changed, stored)).toMatchObject({
    status: 403,
    message: expect.stringMatching(/refuse to update .*bootstrapAPIKeys; refuse to update .*emqxConfig\["name"\]$/),
  });
  const scaled = resource(({ spec }) => Object.assign(spec, { replicas: 5 }));
  expect(refusal(scaled, stored)).toBeUndefined();
});
