import type { EmqxNode, NodeApi } from '../../node';
import { type Answer, respond } from '../answers';
import type { ApiRequest } from '../api-request';
import { fromJson } from '../erlang';
import { unlessEnded } from '../node-calls';
import { failure, methodNotAllowed, noSuchPath, type Unauthorized, unauthorized } from './answers';
import { NodeRoutesV5 } from './node-routes';
import { prometheusV5 } from './prometheus';
import { RebalanceRoutesV5 } from './rebalance-routes';
import { StorageRoutes } from './storage-routes';

interface Call {
  /** What stands for the parameters of the path, in their order. */
  args: readonly string[];
  query: URLSearchParams;
  /** Undefined without a body. */
  content: unknown;
}

interface Route {
  method: string;
  segments: readonly string[];
  answer: (call: Call) => Answer;
}

const PREFIX = '/api/v5/';
const PUBLIC: readonly string[] = ['status', 'load_rebalance/availability_check'];
const METRICS = 'prometheus/stats';

/**
 * The management API v5 of EMQX 5 and 6: bare JSON, HTTP status codes that say what happened, and Basic authentication with API keys.
 *
 * As recorded on 5.8.9 and 6.2.0, but for `/configs`, `/license` and `/prometheus/stats`. Not modelled: `/login`, so every Bearer token is a wrong one.
 */
export class ManagementApiV5 implements NodeApi {
  private readonly routes: readonly Route[];
  private readonly nodes: NodeRoutesV5;

  /** @param keys whether an API key and its secret are right */
  constructor(
    private readonly node: EmqxNode,
    private readonly keys: (id: string, secret: string) => boolean,
  ) {
    const nodes = new NodeRoutesV5(node);
    const rebalance = new RebalanceRoutesV5(node);
    const storage = new StorageRoutes(node);
    this.nodes = nodes;
    const everywhere = [
      route('GET status', ({ query }) => nodes.status(query.get('format'))),
      route('GET nodes', () => nodes.nodes()),
      route('GET nodes/:node', ({ args: [name] }) => nodes.oneNode(name!)),
      route('GET nodes/:node/stats', ({ args: [name] }) => nodes.oneNodeStats(name!)),
      route('GET stats', () => nodes.stats()),
      route('GET clients', ({ query }) => nodes.clients(query)),
      route('GET cluster', () => nodes.cluster()),
      route('DELETE cluster/:node/force_leave', ({ args: [name] }) => nodes.forceLeave(name!)),
      route('GET monitor_current', () => nodes.monitorCurrent()),
      route('GET configs', () => nodes.configuration()),
      route('PUT configs', () => nodes.setConfiguration()),
      route(`GET ${METRICS}`, () => prometheusV5(node)),
    ];
    const ofEnterprise = [
      route('GET license', () => nodes.license()),
      route('POST license', ({ content }) => nodes.setLicense(content)),
      route('GET node_eviction/status', () => rebalance.evictionStatus()),
      route('GET load_rebalance/status', () => rebalance.status()),
      route('GET load_rebalance/global_status', () => rebalance.globalStatus()),
      route('GET load_rebalance/availability_check', () => rebalance.availabilityCheck()),
      route('POST load_rebalance/:node/evacuation/start', ({ args: [name], content }) =>
        rebalance.startEvacuation(name!, content),
      ),
      route('POST load_rebalance/:node/evacuation/stop', ({ args: [name] }) => rebalance.stopEvacuation(name!)),
      route('POST load_rebalance/:node/start', ({ args: [name] }) => rebalance.startRebalance(name!)),
      route('POST load_rebalance/:node/stop', ({ args: [name] }) => rebalance.stopRebalance(name!)),
      route('GET ds/sites', () => storage.sites()),
      route('GET ds/sites/:site', ({ args: [site] }) => storage.oneSite(site!)),
      route('GET ds/storages', () => storage.storages()),
      route('GET ds/storages/:ds', ({ args: [name] }) => storage.oneStorage(name!)),
      route('GET ds/storages/:ds/replicas', ({ args: [name] }) => storage.replicas(name!)),
      route('PUT ds/storages/:ds/replicas', ({ args: [name], content }) => storage.assign(name!, content)),
      route('PUT ds/storages/:ds/replicas/:site', ({ args: [name, site] }) => storage.add(name!, site!)),
      route('DELETE ds/storages/:ds/replicas/:site', ({ args: [name, site] }) => storage.remove(name!, site!)),
    ];
    this.routes = node.profile.evacuates ? [...everywhere, ...ofEnterprise] : everywhere;
  }

  handle(request: ApiRequest): Answer {
    return unlessEnded(this.node, this.dispatch(request));
  }

  private dispatch({ method, path, headers, body }: ApiRequest): Answer {
    const [pathname = '', search = ''] = path.split('?', 2);
    if (pathname === '/status' && method === 'GET') return this.nodes.status(null);
    if (!pathname.startsWith(PREFIX)) return noSuchPath();
    const segments = pathname
      .slice(PREFIX.length)
      .split('/')
      .filter(Boolean)
      .map((segment) => decodeURIComponent(segment));
    const matching = this.routes.filter((candidate) => argumentsOf(candidate, segments));
    if (matching.length === 0) return noSuchPath();
    if (method === 'OPTIONS') return respond(500, '');
    const found = matching.find((candidate) => candidate.method === method);
    if (!found) return methodNotAllowed([...new Set(matching.map((candidate) => candidate.method))].join(', '));
    const problem = this.isPublic(segments.join('/')) ? undefined : this.problemOf(headerOf(headers, 'authorization'));
    if (problem) return unauthorized(problem, this.nodes.isEmqx6);
    return this.answer(found, segments, new URLSearchParams(search), headers, body);
  }

  private answer(
    found: Route,
    segments: readonly string[],
    query: URLSearchParams,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
  ): Answer {
    let content: unknown;
    const isText = found.segments[0] === 'configs';
    if (body && !isText) {
      if (headerOf(headers, 'content-type')?.split(';')[0] !== 'application/json') return unsupportedMediaType();
      try {
        content = fromJson(body);
      } catch {
        return failure(400, 'BAD_REQUEST', 'Invalid json message received');
      }
      if (typeof content === 'string') return unsupportedMediaType();
      if (content === null) return failure(500, 'INTERNAL_ERROR', 'the body of a request cannot be null');
    }
    return found.answer({ args: argumentsOf(found, segments)!, query, content });
  }

  private isPublic(path: string): boolean {
    return PUBLIC.includes(path) || (path === METRICS && this.node.profile.publicMetrics);
  }

  private problemOf(authorization: string | undefined): Unauthorized | undefined {
    const [scheme, encoded = ''] = (authorization ?? '').split(' ');
    if (scheme === 'Bearer') return 'BAD_TOKEN';
    if (scheme !== 'Basic') return 'AUTHORIZATION_HEADER_ERROR';
    const decoded = Buffer.from(encoded, 'base64').toString();
    const colon = decoded.indexOf(':');
    const isRight = colon >= 0 && this.keys(decoded.slice(0, colon), decoded.slice(colon + 1));
    return isRight ? undefined : 'BAD_API_KEY_OR_SECRET';
  }
}

function route(pattern: string, answer: (call: Call) => Answer): Route {
  const [method = '', path = ''] = pattern.split(' ');
  return { method, segments: path.split('/'), answer };
}

/** What stands for the parameters of a route; undefined when the path is another one. */
function argumentsOf(route: Route, segments: readonly string[]): string[] | undefined {
  if (route.segments.length !== segments.length) return undefined;
  const args: string[] = [];
  for (const [index, segment] of route.segments.entries()) {
    if (segment.startsWith(':')) args.push(segments[index]!);
    else if (segment !== segments[index]) return undefined;
  }
  return args;
}

function headerOf(headers: Readonly<Record<string, string>>, wanted: string): string | undefined {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === wanted);
  return name === undefined ? undefined : headers[name];
}

function unsupportedMediaType() {
  return failure(415, 'UNSUPPORTED_MEDIA_TYPE', 'content-type:application/json Required');
}
