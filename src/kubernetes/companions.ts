import { type Journal, type JournalVersion, PortError, parseJournal, type Rest } from '../upgrade';
import type { ConfigMap, Secret } from './core-objects';
import type { FollowedApi, ListOptions } from './followed-api';
import { isKubeError, type KubeObject, type ObjectRef, type OwnerReference } from './kube-api';
import { refuseFormer } from './ownership';
import { patchOrCreate } from './patch-or-create';
import { isRecord, parsedRecord } from './shape';

const JOURNAL_KEY = 'journal.json';
/** Written by a user with a request to the run. */
const REQUEST_KEY = 'request';
const SPEC_KEY = 'before.json';
export const REST_KEY = 'rest.json';
const OWNER_KEY = 'owner';
const CREATING_KEY = 'creating';

/** The objects that this project keeps beside a cluster: a ConfigMap with the journal, and a Secret with earlier specs. */
export class Companions {
  /** Most reads find the same journal as the previous one. */
  private parsed: { text: string; journal: Journal | undefined } = { text: '', journal: undefined };

  /**
   * @param labels of an object that is created.
   * @param owners with which they are to be removed; none before the custom resource was read.
   */
  constructor(
    private readonly api: FollowedApi,
    private readonly namespace: string,
    private readonly name: string,
    private readonly labels: Record<string, string>,
    private readonly owners: () => OwnerReference[],
  ) {}

  /** The journal, the request to the run, and who manages the cluster. */
  async read(how: ListOptions, signal?: AbortSignal) {
    const { namespace, name } = this;
    const [map] = await this.api.list<ConfigMap>({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name }, how, signal);
    refuseFormer(map, this.owners());
    const data = map?.data ?? {};
    const { [REQUEST_KEY]: request, [OWNER_KEY]: owner, [CREATING_KEY]: creating, [JOURNAL_KEY]: text } = data;
    const marks = { request, owner, creating, journalVersion: map?.metadata.resourceVersion ?? '' };
    if (text === undefined) return { journal: undefined, ...marks };
    if (text !== this.parsed.text) this.parsed = { text, journal: parseJournal(text) };
    const { journal } = this.parsed;
    if (journal) return { journal, ...marks };
    throw new PortError('refused', `the journal in ConfigMap ${name} has a format this version does not know`);
  }

  async writeJournal(journal: Journal, over?: JournalVersion, signal?: AbortSignal): Promise<string> {
    const data = { [JOURNAL_KEY]: JSON.stringify(journal) };
    const patch = {
      ...(over && { metadata: { resourceVersion: over.version } }),
      data: { ...data, ...(over?.answersRequest && { [REQUEST_KEY]: null }) },
    };
    const map = await this.patchOrCreate(this.ref('ConfigMap'), patch, { data }, signal);
    return map.metadata.resourceVersion ?? '';
  }

  async writeRequest(request: string, signal?: AbortSignal): Promise<void> {
    const body = { data: { [REQUEST_KEY]: request } };
    await this.api.patch(this.ref('ConfigMap'), { type: 'merge', body }, {}, signal);
  }

  async writeOwner(owner: string, creating: string | undefined, signal?: AbortSignal): Promise<void> {
    const data = { [OWNER_KEY]: owner, ...(creating !== undefined && { [CREATING_KEY]: creating }) };
    await this.patchOrCreate(this.ref('ConfigMap'), { data: { [CREATING_KEY]: null, ...data } }, { data }, signal);
  }

  keepSpec(run: string, spec: object, signal?: AbortSignal): Promise<void> {
    return this.keep(SPEC_KEY, { run, spec }, signal);
  }

  async keptSpec(run: string, signal?: AbortSignal): Promise<Record<string, unknown> | undefined> {
    const { run: of, spec } = await this.kept(SPEC_KEY, signal);
    return of === run && isRecord(spec) ? spec : undefined;
  }

  keepRest(rest: Rest, signal?: AbortSignal): Promise<void> {
    return this.keep(REST_KEY, rest, signal);
  }

  async keptRest(signal?: AbortSignal): Promise<Rest | undefined> {
    const { sets, spec } = await this.kept(REST_KEY, signal);
    return isRecord(sets) && isRecord(spec) ? { sets, spec } : undefined;
  }

  private async keep(key: string, value: object, signal?: AbortSignal): Promise<void> {
    const data = { [key]: Buffer.from(JSON.stringify(value)).toString('base64') };
    await this.patchOrCreate(this.ref('Secret'), { data }, { data }, signal);
  }

  /** Empty where nothing was kept. */
  private async kept(key: string, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const secret = await this.api.get<Secret>(this.ref('Secret'), signal).catch((error: unknown) => {
      if (isKubeError(error, 'NotFound')) return undefined;
      throw error;
    });
    return parsedRecord(Buffer.from(secret?.data?.[key] ?? '', 'base64').toString());
  }

  private patchOrCreate(ref: ObjectRef, patch: object, fields: object, signal?: AbortSignal): Promise<KubeObject> {
    const fresh = () => {
      const { apiVersion, kind, name, namespace } = ref;
      const metadata = { name, namespace, labels: this.labels, ownerReferences: this.owners() };
      return { apiVersion, kind, metadata, ...fields };
    };
    return patchOrCreate(this.api, ref, patch, fresh, signal);
  }

  private ref(kind: 'ConfigMap' | 'Secret'): ObjectRef {
    return { apiVersion: 'v1', kind, namespace: this.namespace, name: this.name };
  }
}
