import { coerce, lt } from 'semver';
import { isKubeError, type KubeObject } from '../../../kubernetes/kube-api';
import { namesOf } from '../../../resource';
import { kinds } from '../../kubernetes/kinds';
import { failing, OperatorPanic } from '../failure';
import { isTrue } from './conditions';
import { parseHocon } from './hocon';
import type { EmqxPass } from './pass';
import { ownLabels } from './resources';

/** Annotation of the resource: the configuration that was applied last. */
const LAST_CONFIG = 'apps.emqx.io/last-emqx-configuration';

/** Parts that EMQX refuses to change at run time; older ones refuse the whole request for them. */
const READ_ONLY = ['node', 'cluster', 'dashboard', 'rpc'];

/** As the operator writes them in front of every configuration. */
const defaultListeners = Object.entries({ tcp: 1883, ssl: 8883, ws: 8083, wss: 8084 })
  .map(([type, port]) => `listeners.${type}.default.bind = ${port}\n`)
  .join('');

/**
 * The ConfigMap that pods start from, and the configuration of a running cluster: a change is sent to EMQX once the cores are
 * ready, also in the middle of a hold. No new set comes of it.
 *
 * Two ways to kill the operator's process: a change while no core's containers are ready, or while the list of nodes could not
 * be read.
 *
 * @see EMQX Operator 2.2.29, `sync_emqx_config.go`: read, not measured
 */
export async function syncConfig(pass: EmqxPass): Promise<void> {
  const { api, signal } = pass.options;
  const { config } = pass.instance.spec;
  const wanted = config?.data ?? '';
  const text = `${defaultListeners}\n${wanted}`;
  const ref = pass.ref(kinds.configMap, namesOf(pass.instance.metadata.name).configMap);
  try {
    await api.get(ref, signal);
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) failing('failed to get configMap')(error);
    const configMap = {
      ...kinds.configMap,
      metadata: pass.owned(ref.name, ownLabels(pass)),
      data: { 'emqx.conf': text },
    };
    await api.create<KubeObject>(configMap, signal).catch(failing('failed to create configMap'));
    return;
  }
  const remember = () => pass.annotate(LAST_CONFIG, wanted).catch(failing('failed to update emqx instance annotation'));
  const last = pass.instance.metadata.annotations?.[LAST_CONFIG];
  if (last === undefined) return remember();
  if (last === wanted || !isTrue(pass.status, 'CoreNodesReady')) return;

  const applied = changeable(pass, text);
  await put(pass, config?.mode ?? 'Merge', applied).catch(failing('failed to put emqx config'));
  // Replaced as a whole, without an owner: from now on it outlives the resource.
  const body = { metadata: { ownerReferences: null }, data: { 'emqx.conf': applied } };
  await api.patch(ref, { type: 'merge', body }, {}, signal).catch(failing('failed to update configMap'));
  await remember();
}

/** The configuration without what the EMQX in charge does not let be changed. */
function changeable(pass: EmqxPass, text: string): string {
  const [node] = pass.status.coreNodes ?? [];
  if (!node) throw new OperatorPanic('index out of range [0] with length 0: status.coreNodes');
  if (!lt(coerce(node.version) ?? '0.0.0', '5.7.0')) return text;
  const config = { ...parseHocon(text) };
  for (const key of READ_ONLY.filter((each) => each in config)) {
    delete config[key];
    const message = `Won't update \`${key}\` config, because it's readonly config`;
    pass.options.record('Normal', 'WontUpdateReadOnlyConfig', message);
  }
  return JSON.stringify(config);
}

async function put(pass: EmqxPass, mode: string, text: string): Promise<void> {
  const { emqx, signal } = pass.options;
  if (!emqx) throw new OperatorPanic('nil pointer dereference: no core to send the configuration to');
  const path = `api/v5/configs?mode=${mode.toLowerCase()}&ignore_readonly=true`;
  const answer = await emqx.any('PUT', path, text, signal, { 'content-type': 'text/plain' });
  if (answer.status === 200) return;
  throw new Error(`failed to put API ${path}, status : ${answer.status}, body: ${answer.body}`);
}
