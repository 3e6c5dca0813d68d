import { PortError } from '../upgrade';
import { KubeApiError } from './kube-api';

/** Maps errors of the API server to port errors of the engine. */
export async function ported<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KubeApiError) throw new PortError(portCode(error), error.message, { cause: error });
    throw error;
  }
}

function portCode({ code }: KubeApiError): PortError['code'] {
  switch (code) {
    case 'NotFound':
      return 'missing';
    case 'Conflict':
    case 'AlreadyExists':
    case 'Expired':
      return 'conflict';
    case 'Invalid':
    case 'Forbidden':
    case 'Unauthorized':
      return 'refused';
    case 'TooManyRequests':
    case 'InternalError':
    case 'Unreachable':
      return 'unavailable';
  }
}
