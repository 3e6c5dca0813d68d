import semver from 'semver';
import { metricsSettingIn } from './config-data';
import type { Emqx } from './emqx';
import { emqxVersionOf } from './image';

/** From this version on a scrape needs credentials by default. @see EMQX 6.3.0, breaking changes (#17437) */
const KEY_BY_DEFAULT = '6.3.0';

/** The variable that overrides `prometheus.enable_basic_auth` of the configuration. */
const VARIABLE = 'EMQX_PROMETHEUS__ENABLE_BASIC_AUTH';

/**
 * Whether `/api/v5/prometheus/stats` answers only with an API key, as far as the resource says: what was changed in the dashboard since
 * is not in it.
 *
 * @see EMQX 5.4 to 6.2, `prometheus.enable_basic_auth`: false by default
 */
export function metricsNeedKey(resource: Emqx): boolean {
  const { coreTemplate, config } = resource.spec;
  const byVariable = coreTemplate?.spec?.env?.find(({ name }) => name === VARIABLE)?.value;
  const setting = byVariable ?? metricsSettingIn(config?.data);
  if (setting !== undefined) return setting === 'true';
  const version = emqxVersionOf(resource);
  return version !== undefined && semver.gte(version, KEY_BY_DEFAULT);
}
