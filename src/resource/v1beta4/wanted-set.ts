import { isDeepStrictEqual } from 'node:util';
import { byNames, type Fields, isFields } from '../by-names';
import type { BuiltSet } from '../generation';
import { withDefaults } from './defaults';
import type { EmqxEnterprise } from './emqx-enterprise';
import { imageOf } from './image';

/** What the operator mounts into every node, with the variables that say where. @see EMQX Operator 2.2.29, `add_emqx_resources.go` */
const OF_THE_OPERATOR = {
  env: ['EMQX_ACL_FILE', 'EMQX_PLUGINS__ETC_DIR', 'EMQX_MANAGEMENT__BOOTSTRAP_APPS_FILE', 'EMQX_LICENSE__FILE'],
  volumes: (cluster: string) => [`${cluster}-acl`, `${cluster}-plugins-config`, 'bootstrap-user', 'emqx-log'],
};

/**
 * Which of two stateful sets `spec.template` describes; undefined where that is unknown.
 *
 * The operator keeps the set whose pod template is exactly the one it would write, and creates another set where there is none. So
 * for every difference between the two templates it is checked which one matches the resource: the image, and where that is the same
 * the labels and annotations, variables, volumes, resources and so on.
 *
 * @see EMQX Operator 2.2.29, `add_emqx_statefulset.go`
 */
export function wantedSet(resource: EmqxEnterprise, blue: BuiltSet, green: BuiltSet): 'blue' | 'green' | undefined {
  const wanted = podTemplateOf(withDefaults(resource));
  const sides = new Set(
    blue.image === green.image
      ? votes(wanted, comparable(blue, resource), comparable(green, resource))
      : votes(imageIn(wanted), blue.image, green.image),
  );
  const [side] = sides;
  return sides.size === 1 ? side : undefined;
}

/** For each difference of the two: which of them matches, if exactly one does. */
function votes(wanted: unknown, blue: unknown, green: unknown): ('blue' | 'green')[] {
  if (isDeepStrictEqual(blue, green)) return [];
  if (isFields(blue) && isFields(green) && isFields(wanted ?? {})) {
    const own = (wanted ?? {}) as Fields;
    const keys = new Set([...Object.keys(own), ...Object.keys(blue), ...Object.keys(green)]);
    return [...keys].flatMap((key) => votes(own[key], blue[key], green[key]));
  }
  const isGreen = has(green, wanted);
  return isGreen === has(blue, wanted) ? [] : [isGreen ? 'green' : 'blue'];
}

/** Whether it matches; fields that the API server has filled in do not matter. */
function has(actual: unknown, wanted: unknown): boolean {
  if (!isFields(actual) || !isFields(wanted)) return isDeepStrictEqual(actual, wanted);
  return Object.entries(wanted).every(([key, value]) => value === undefined || has(actual[key], value));
}

/** What the operator builds from a complete resource, as far as the resource itself says; lists by the names of their items. */
function podTemplateOf({ metadata, spec }: EmqxEnterprise): Fields {
  const { metadata: own, spec: pod } = spec.template ?? {};
  const { emqxContainer, extraContainers = [], podSecurityContext, reloaderImage, ...rest } = pod ?? {};
  const { image, emqxConfig = {}, emqxACL: _, bootstrapAPIKeys: __, env = [], ...container } = emqxContainer ?? {};
  const settings = Object.entries(emqxConfig).map(([key, value]) => ({
    name: `EMQX_${key.toUpperCase().replaceAll('.', '__')}`,
    ...(value !== '' && { value }),
  }));
  const license = spec.license?.secretName ?? (spec.license ? `${metadata.name}-license` : undefined);
  return byNames({
    metadata: { labels: own?.labels, annotations: own?.annotations },
    spec: {
      ...rest,
      volumes: [...(rest.volumes ?? []), ...(license ? [{ name: license, secret: { secretName: license } }] : [])],
      securityContext: podSecurityContext,
      containers: [
        {
          ...container,
          name: 'emqx',
          ...(image && { image: imageOf(image), imagePullPolicy: image.pullPolicy }),
          env: [...settings, ...env], // the later one of a name counts: an explicit variable wins
        },
        { name: 'reloader', image: reloaderImage },
        ...extraContainers,
      ],
    },
  }) as Fields;
}

/** The pod template of a set, without what the operator adds. */
function comparable({ podTemplate }: BuiltSet, { metadata, spec }: EmqxEnterprise): unknown {
  const template = byNames(podTemplate) as ByNames;
  const { volumes = {}, containers = {} } = template?.spec ?? {};
  const { emqx, reloader } = containers;
  const data = spec.persistent?.metadata?.name ?? `${metadata.name}-data`;
  for (const name of [...OF_THE_OPERATOR.volumes(metadata.name), data]) {
    delete volumes[name];
    delete emqx?.volumeMounts?.[name];
  }
  for (const name of OF_THE_OPERATOR.env) delete emqx?.env?.[name];
  for (const [name, mount] of Object.entries(emqx?.volumeMounts ?? {})) {
    if (isFields(mount) && mount['mountPath'] === '/mounted/license') delete emqx?.volumeMounts?.[name];
  }
  if (reloader) containers['reloader'] = { image: reloader.image };
  delete template?.spec?.serviceAccount; // the API server's second name of serviceAccountName
  return template;
}

interface ByNames {
  spec?: {
    serviceAccount?: unknown;
    volumes?: Fields;
    containers?: Record<string, { image?: unknown; env?: Fields; volumeMounts?: Fields }>;
  };
}

function imageIn(template: Fields): unknown {
  return (template as { spec: { containers: { emqx: { image?: unknown } } } }).spec.containers.emqx.image;
}
