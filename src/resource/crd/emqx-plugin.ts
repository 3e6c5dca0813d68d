import * as z from 'zod';
import { type CustomResourceDefinition, customResourceDefinition } from './custom-resource-definition';

const strings = z.record(z.string(), z.string());

const spec = z.strictObject({
  /** The plugin's name, for example `emqx_retainer`; cannot be changed. */
  pluginName: z.string(),
  /** Labels of the clusters it is for. */
  selector: strings,
  /** Settings of the plugin, by their dotted names. */
  config: strings.optional(),
});

/** EmqxPlugin: a plugin of EMQX 4.4, loaded into the clusters it selects. The operator itself creates six for each cluster. */
export function emqxPluginDefinition(): CustomResourceDefinition {
  return customResourceDefinition({
    kind: 'EmqxPlugin',
    plural: 'emqxplugins',
    versions: [{ name: 'v1beta4', spec }],
  });
}
