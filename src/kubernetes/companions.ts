import { type Journal, type JournalVersion, PortError, parseJournal } from '../upgrade';
import type { ConfigMap, Secret } from './core-objects';
import type { FollowedApi, ListOptions } from './followed-api';
import { isKubeError, type KubeObject, type ObjectRef, type OwnerReference } from './kube-api';
import { refuseFormer } from './ownership';
import { isRecord, parsedRecord } from './shape';

const JOURNAL_KEY = 'journal.json';
/** Written by a user with a request to the run. */
const REQUEST_KEY = 'request';
const SPEC_KEY = 'before.json';
const OWNER_KEY = 'owner';
const CREATING_KEY = 'creating';

/** The objects that this project keeps beside a cluster: a ConfigMap with the journal, and a Secret with the earlier spec. */
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

  async keepSpec(run: string, spec: object, signal?: AbortSignal): Promise<void> {
    const data = { [SPEC_KEY]: Buffer.from(JSON.stringify({ run, spec })).toString('base64') };
    await this.patchOrCreate(this.ref('Secret'), { data }, { data }, signal);
  }

  async keptSpec(run: string, signal?: AbortSignal): Promise<Record<string, unknown> | undefined> {
    const secret = await this.api.get<Secret>(this.ref('Secret'), signal).catch((error: unknown) => {
      if (isKubeError(error, 'NotFound')) return undefined;
      throw error;
    });
    const kept = Buffer.from(secret?.data?.[SPEC_KEY] ?? '', 'base64').toString();
    const { run: of, spec } = parsedRecord(kept);
    return of === run && isRecord(spec) ? spec : undefined;
  }

  private async patchOrCreate(
    ref: ObjectRef,
    patch: object,
    fields: object,
    signal?: AbortSignal,
  ): Promise<KubeObject> {
    try {
      return await this.api.patch(ref, { type: 'merge', body: patch }, {}, signal);
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error;
      const { apiVersion, kind, name, namespace } = ref;
      const metadata = { name, namespace, labels: this.labels, ownerReferences: this.owners() };
      return this.api.create({ apiVersion, kind, metadata, ...fields }, signal);
    }
  }

  private ref(kind: 'ConfigMap' | 'Secret'): ObjectRef {
    return { apiVersion: 'v1', kind, namespace: this.namespace, name: this.name };
  }
}
