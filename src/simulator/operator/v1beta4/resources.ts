import type { KubeObject } from '../../../kubernetes/kube-api';
import { LICENSE_KEY } from '../../../resource';
import type { Secret, Service, StatefulSet } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import type { Random } from '../../random';
import { failing } from '../failure';
import { createOrUpdate } from '../owned-object';
import type { Pass } from './pass';
import { type Mount, podTemplateOf } from './pod-template';

/** Step 4: ACL, license and headless Service; hands on the stateful set as it should be, still without its final name. */
export async function addResources(pass: Pass): Promise<StatefulSet> {
  const license = await findLicense(pass).catch(failing('failed to get license'));
  const own = pass.instance.spec.license?.secretName ? [] : [license];
  for (const object of [...own, aclOf(pass), headlessServiceOf(pass)]) {
    if (object) await createOrUpdate<KubeObject>(pass, object).catch(failing('failed to create or update resource'));
  }
  return statefulSetOf(pass, license);
}

async function findLicense(pass: Pass): Promise<Secret | undefined> {
  const { license } = pass.instance.spec;
  const { api, signal } = pass.options;
  if (license?.secretName) return api.get<Secret>(pass.ref(kinds.secret, license.secretName), signal);
  if (!license?.data && !license?.stringData) return undefined;
  return {
    ...kinds.secret,
    metadata: pass.owned(`${pass.instance.metadata.name}-license`),
    ...(license.data && { data: { [LICENSE_KEY]: license.data } }),
    ...(license.stringData && { stringData: { [LICENSE_KEY]: license.stringData } }),
  };
}

function aclOf(pass: Pass): KubeObject {
  const rules = pass.instance.spec.template?.spec?.emqxContainer?.emqxACL ?? [];
  const data = { 'acl.conf': rules.map((rule) => `${rule}\n`).join('') };
  return { ...kinds.configMap, metadata: pass.owned(`${pass.instance.metadata.name}-acl`), data } as KubeObject;
}

function headlessServiceOf(pass: Pass): Service {
  return {
    ...kinds.service,
    metadata: pass.owned(`${pass.instance.metadata.name}-headless`),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      selector: pass.labels,
      publishNotReadyAddresses: true,
      ports: [{ name: 'http-management-8081', port: 8081, protocol: 'TCP', targetPort: 8081 }],
    },
  };
}

function statefulSetOf(pass: Pass, license: Secret | undefined): StatefulSet {
  const { name } = pass.instance.metadata;
  const { replicas, persistent } = pass.instance.spec;
  const template = podTemplateOf(pass.instance, mountsOf(name, license, pass.options.random));
  return {
    ...kinds.statefulSet,
    metadata: pass.owned(name),
    spec: {
      serviceName: `${name}-headless`,
      ...(replicas !== undefined && { replicas }),
      selector: { matchLabels: template.metadata?.labels ?? {} },
      podManagementPolicy: 'Parallel',
      template,
      ...(persistent && {
        volumeClaimTemplates: [
          {
            metadata: { ...persistent.metadata, name: persistent.metadata?.name ?? `${name}-data` },
            spec: persistent.spec,
          },
        ],
      }),
    },
  };
}

function mountsOf(name: string, license: Secret | undefined, random: Random): Mount[] {
  const mounts: Mount[] = [
    {
      env: { name: 'EMQX_ACL_FILE', value: '/mounted/acl/acl.conf' },
      volume: { name: `${name}-acl`, configMap: { name: `${name}-acl` } },
      mount: { mountPath: '/mounted/acl' },
    },
    {
      env: { name: 'EMQX_PLUGINS__ETC_DIR', value: '/mounted/plugins/etc' },
      volume: { name: `${name}-plugins-config`, configMap: { name: `${name}-plugins-config` } },
      mount: { mountPath: '/mounted/plugins/etc' },
    },
    {
      env: { name: 'EMQX_MANAGEMENT__BOOTSTRAP_APPS_FILE', value: '/opt/emqx/data/bootstrap_user' },
      volume: { name: 'bootstrap-user', secret: { secretName: `${name}-bootstrap-user` } },
      mount: { mountPath: '/opt/emqx/data/bootstrap_user', subPath: 'bootstrap_user', readOnly: true },
    },
  ];
  if (!license) return mounts;
  const secretName = license.metadata.name;
  const files = Object.keys(license.data ?? {});
  // Go walks through a map in a new order each time.
  const file = files.length > 1 ? random.pick(files) : (files[0] ?? LICENSE_KEY);
  return [
    ...mounts,
    {
      env: { name: 'EMQX_LICENSE__FILE', value: `/mounted/license/${file}` },
      volume: { name: secretName, secret: { secretName } },
      mount: { mountPath: '/mounted/license', readOnly: true },
    },
  ];
}
