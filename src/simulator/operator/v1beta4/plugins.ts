import { matchesLabels } from '../../../kubernetes/core-objects';
import { isKubeError, type KubeObject } from '../../../kubernetes/kube-api';
import { API_VERSION } from '../../../resource';
import { kinds } from '../../kubernetes/kinds';
import { failing } from '../failure';
import { createOwned } from '../owned-object';
import type { Pass } from './pass';

interface EmqxPlugin extends KubeObject {
  spec: { pluginName: string; selector: Record<string, string>; config: Record<string, string> };
}

const defaults = ['eviction-agent', 'node-rebalance', 'rule-engine', 'retainer', 'modules', 'schema-registry'];

/**
 * Step 3: the plugins' configuration and the six plugins every cluster starts with. Each pass creates the first that is
 * missing, and ends; so the first boot takes a pass a second for each.
 */
export async function addPlugins(pass: Pass): Promise<void> {
  const { api, signal } = pass.options;
  for (const object of [pluginsConfigOf(pass), ...(await missingPlugins(pass))]) {
    try {
      await api.get(pass.ref(object, object.metadata.name), signal);
    } catch (error) {
      if (isKubeError(error, 'NotFound')) await createOwned(pass, object);
      failing('failed to get resource')(error);
    }
  }
}

function pluginsConfigOf(pass: Pass): KubeObject {
  const data = {
    'emqx_management.conf': 'management.listener.http = 8081',
    'emqx_dashboard.conf': 'dashboard.listener.http = 18083',
    'emqx_eviction_agent.conf': '',
    'emqx_node_rebalance.conf': '',
  };
  const metadata = pass.owned(`${pass.instance.metadata.name}-plugins-config`);
  return { ...kinds.configMap, metadata, data } as KubeObject;
}

/** The default plugins, but those for which the user has made one of the same name. */
async function missingPlugins(pass: Pass): Promise<EmqxPlugin[]> {
  const { api, signal } = pass.options;
  const kind = { apiVersion: API_VERSION, kind: 'EmqxPlugin' };
  const existing = await api.list<EmqxPlugin>({ ...kind, namespace: pass.namespace }, signal);
  const matched = existing.items.filter(({ spec }) => matchesLabels(pass.labels, spec.selector));
  return defaults
    .map((name) => ({
      ...kind,
      metadata: pass.owned(`${pass.instance.metadata.name}-${name}`),
      spec: { pluginName: `emqx_${name.replaceAll('-', '_')}`, selector: pass.labels, config: {} },
    }))
    .filter(({ spec }) => !matched.some((other) => other.spec.pluginName === spec.pluginName));
}
