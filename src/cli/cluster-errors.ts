import { KubeApiError, type KubeErrorReason } from '../kubernetes';
import { type EmqxResource, generationOf } from '../resource';
import { ClusterMissing, PortError, UpgradeError } from '../upgrade';
import { CommandError, InputError } from './errors';
import { EXIT } from './exit';

/** Where a command was when something failed. */
export interface Place {
  namespace: string;
  /** Undefined while it is not known which cluster is meant. */
  name: string | undefined;
  /** Undefined while that is not known, or any is meant. */
  kind?: EmqxResource['kind'] | undefined;
}

/** What the API server, or an EMQX node, refused, with what to do about it; any other error unchanged. */
export function clusterError(error: unknown, place: Place): unknown {
  if (error instanceof UpgradeError) return cutOff(error, place);
  const refusal = refusalIn(error);
  if (refusal instanceof KubeApiError) {
    // Status 0: not the server's answer, but a credentials problem found on this side.
    const isOurs = refusal.code === 'Unauthorized' && refusal.status === 0;
    const message = isOurs ? refusal.message : `the API server: ${refusal.message}`;
    return new CommandError(EXIT.refused, CODES[refusal.code], message, refusal.fix ?? fixOf(refusal.code, place), {
      cause: error,
    });
  }
  if (error instanceof ClusterMissing) {
    const fix = 'it was deleted meanwhile; kubectl get shows which clusters there are';
    return new CommandError(EXIT.refused, CODES.NotFound, error.message, fix, { cause: error });
  }
  if (error instanceof PortError) {
    return new CommandError(
      EXIT.refused,
      'REFUSED',
      error.message,
      'check that object, for example with kubectl get -o yaml',
      {
        cause: error,
      },
    );
  }
  return error;
}

/** A run that ended because the API server refuses or is unreachable: adds what to do about that. Any other error unchanged. */
function cutOff(error: UpgradeError, place: Place): UpgradeError | CommandError {
  if (error.code !== 'ACCESS_LOST' && error.code !== 'UNREACHABLE') return error;
  const refusal = refusalIn(error.cause);
  const reason = error.message.replace(`; ${error.fix}`, '');
  const code = refusal instanceof KubeApiError ? CODES[refusal.code] : error.code;
  const way = refusal instanceof KubeApiError ? (refusal.fix ?? fixOf(refusal.code, place)) : undefined;
  const fix = way === undefined ? error.fix : `${error.fix}: ${way}`;
  return new CommandError(EXIT.refused, code, reason, fix, { cause: error });
}

function refusalIn(error: unknown): unknown {
  return error instanceof PortError && error.cause instanceof KubeApiError ? error.cause : error;
}

const CODES: Readonly<Record<KubeErrorReason, string>> = {
  Unauthorized: 'UNAUTHORIZED',
  Forbidden: 'FORBIDDEN',
  Unreachable: 'UNREACHABLE',
  NotFound: 'NOT_FOUND',
  AlreadyExists: 'CONFLICT',
  Conflict: 'CONFLICT',
  Expired: 'CONFLICT',
  Invalid: 'REFUSED',
  TooManyRequests: 'UNREACHABLE',
  InternalError: 'UNREACHABLE',
};

function fixOf(reason: KubeErrorReason, place: Place): string {
  switch (reason) {
    case 'Unauthorized':
      return 'log in again as you do for kubectl, for example `aws eks update-kubeconfig`, `gcloud container clusters get-credentials` or `az aks get-credentials`; `kubectl auth whoami` shows whether it helped';
    case 'Forbidden':
      return `have it granted, or use the service account that this creates, which has all the rights needed:\n\n${accessSnippet(place)}`;
    case 'Unreachable':
      return 'check the context and the network; `kubectl cluster-info` contacts the same server';
    case 'TooManyRequests':
    case 'InternalError':
      return 'try again in a moment';
    case 'NotFound':
      return 'the operator creates the objects of a cluster: check that it runs, and that the cluster has started';
    case 'AlreadyExists':
    case 'Conflict':
    case 'Expired':
    case 'Invalid':
      return 'someone else changed the cluster at the same time: check it, then try again';
  }
}

function accessSnippet({ namespace, name, kind = 'EmqxEnterprise' }: Place): string {
  const props = [
    ...(kind === 'EmqxEnterprise' ? [] : [`kinds: ['${kind}']`]),
    ...(name === undefined ? [] : [`clusters: ['${name}']`]),
  ];
  const clusters = props.length === 0 ? '' : `, { ${props.join(', ')} }`;
  return [
    `import { App, Chart } from 'cdk8s';`,
    `import { UpgradeAccess } from 'emqx-blue-green';`,
    ``,
    `const app = new App();`,
    `new UpgradeAccess(new Chart(app, 'access', { namespace: '${namespace}' }), 'UpgradeAccess'${clusters});`,
    `app.synth();`,
  ]
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}

/** The kinds themselves are unknown to the API server. */
export function kindAbsent(kinds: readonly EmqxResource['kind'][]): CommandError {
  const [one, other] = kinds.map((kind) => `${kind} (${generationOf({ kind }).apiVersion})`);
  const unknown = other === undefined ? `does not know ${one}` : `knows neither ${one} nor ${other}`;
  return new InputError(
    `the cluster ${unknown}: the CRDs of the EMQX Operator are not installed`,
    'check the context; the construct EmqxOperator installs the operator with its CRDs',
  );
}

/** The clusters of a namespace may not be listed; one that is named might still be read. */
export function listForbidden({ message }: KubeApiError): CommandError {
  return new CommandError(
    EXIT.refused,
    CODES.Forbidden,
    `the API server: ${message}`,
    'give the name of the cluster: with a name this right is not needed',
  );
}
