import { badRequest, Refused } from './refused';

/** @see Kubernetes, apimachinery, `runtime/serializer/protobuf`: what comes first is `k8s` and a zero */
const MAGIC = Buffer.from('k8s\0');

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

type Type = 'text' | 'bytes' | 'flag' | Message | { mapOf: 'text' | 'bytes' } | { listOf: 'text' };

/** Its fields by number: name and type. What is not named here is dropped. */
interface Message {
  readonly fields: Readonly<Record<number, readonly [name: string, type: Type]>>;
}

/** @see Kubernetes, apimachinery, `pkg/apis/meta/v1/generated.proto` */
const METADATA: Message = {
  fields: {
    1: ['name', 'text'],
    2: ['generateName', 'text'],
    3: ['namespace', 'text'],
    5: ['uid', 'text'],
    6: ['resourceVersion', 'text'],
    11: ['labels', { mapOf: 'text' }],
    12: ['annotations', { mapOf: 'text' }],
    14: ['finalizers', { listOf: 'text' }],
  },
};

/** What kubectl creates in this form, and a cluster needs. @see Kubernetes, `api/core/v1/generated.proto` */
const KINDS: Readonly<Record<string, Message>> = {
  Secret: {
    fields: {
      1: ['metadata', METADATA],
      2: ['data', { mapOf: 'bytes' }],
      3: ['type', 'text'],
      4: ['stringData', { mapOf: 'text' }],
      5: ['immutable', 'flag'],
    },
  },
  ConfigMap: {
    fields: {
      1: ['metadata', METADATA],
      2: ['data', { mapOf: 'text' }],
      3: ['binaryData', { mapOf: 'bytes' }],
      4: ['immutable', 'flag'],
    },
  },
  Namespace: { fields: { 1: ['metadata', METADATA] } },
};

/** `runtime.Unknown`: the type of the object, and the object. */
const TYPE_META: Message = { fields: { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] } };

/**
 * The object in a body in the API's binary form, in which kubectl 1.32 and newer create objects.
 *
 * @throws Refused 400 for a body that is none, 415 for a kind that is read as JSON only
 */
export function fromProtobuf(body: Buffer): object {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw malformed();
  const parts = [...fieldsOf(body.subarray(MAGIC.length))];
  const part = (number: number) => parts.findLast((each) => each.number === number)?.value;
  const [type, raw] = [part(1), part(2)];
  if (!Buffer.isBuffer(type) || !Buffer.isBuffer(raw)) throw malformed();
  const { apiVersion = '', kind = '' } = messageOf(type, TYPE_META) as { apiVersion?: string; kind?: string };
  const message = apiVersion === 'v1' && Object.hasOwn(KINDS, kind) ? KINDS[kind]! : undefined;
  if (message) return { apiVersion, kind, ...messageOf(raw, message) };
  throw new Refused(
    415,
    'UnsupportedMediaType',
    `the sandbox of emqx-blue-green reads a ${kind} as JSON only: write it as a file (kubectl create … --dry-run=client -o yaml), and kubectl apply that`,
  );
}

function messageOf(bytes: Buffer, { fields }: Message): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const [name, type] = fields[number] ?? [];
    if (name === undefined || type === undefined) continue;
    if (type === 'flag') object[name] = value !== 0;
    else if (!Buffer.isBuffer(value)) throw malformed();
    // Go writes texts that are empty, too, and JSON leaves them out.
    else if (type === 'text' || type === 'bytes') object[name] = read(value, type) || undefined;
    else if ('mapOf' in type) object[name] = { ...(object[name] ?? {}), ...entryOf(value, type.mapOf) };
    else if ('listOf' in type) object[name] = [...((object[name] ?? []) as unknown[]), read(value, type.listOf)];
    else object[name] = messageOf(value, type);
  }
  return object;
}

function entryOf(bytes: Buffer, type: 'text' | 'bytes'): Record<string, string> {
  const { key = Buffer.of(), value = Buffer.of() } = Object.fromEntries(
    [...fieldsOf(bytes)].map(({ number, value: of }) => [number === 1 ? 'key' : 'value', of]),
  );
  if (!Buffer.isBuffer(key) || !Buffer.isBuffer(value)) throw malformed();
  return { [read(key, 'text')]: read(value, type) };
}

/** Bytes as JSON has them. */
function read(value: Buffer, type: 'text' | 'bytes'): string {
  return value.toString(type === 'text' ? 'utf8' : 'base64');
}

/** @see https://protobuf.dev/programming-guides/encoding/ */
function* fieldsOf(bytes: Buffer): Generator<{ number: number; value: Buffer | number }> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw malformed();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) {
      yield { number, value: varint() };
      continue;
    }
    // Of the types of fixed length the kinds here have none.
    if (tag % 8 !== 2) throw malformed();
    const end = varint() + at;
    if (end > bytes.length) throw malformed();
    yield { number, value: bytes.subarray(at, end) };
    at = end;
  }
}

function malformed(): Refused {
  return badRequest('the body is not an object in the form of Kubernetes’ protobuf');
}
