import type { EmqxNode, NodeApi } from '../node';
import { type Answer, noSuchHandler, notFound, refusal, text, unauthorized } from './answers';
import type { ApiRequest } from './api-request';
import { Float, fromJson } from './erlang';
import { unlessEnded } from './node-calls';
import { NodeRoutes } from './node-routes';
import { prometheus } from './prometheus';
import { RebalanceRoutes } from './rebalance-routes';
import { HandlerCrash, InvalidParam, type Param } from './start-options';

interface Call {
  /** What stands for `:node` in the path, not decoded: EMQX 4 does not decode it either. */
  node: string;
  params: readonly Param[];
  query: URLSearchParams;
}

interface Route {
  method: string;
  segments: readonly string[];
  /** Served by the evacuation applications, so unknown until they run. */
  rebalance: boolean;
  answer: (call: Call) => Answer;
}

const PREFIX = '/api/v4/';

/** The dialect of the EMQX 4.4 management API: authentication, routes, bodies, and what it says when something is wrong. */
export class ManagementApi implements NodeApi {
  private readonly routes: readonly Route[];

  constructor(
    private readonly node: EmqxNode,
    private readonly credentials: (id: string, secret: string) => boolean,
  ) {
    const nodes = new NodeRoutes(node);
    const rebalance = new RebalanceRoutes(node);
    this.routes = [
      route('GET nodes', () => nodes.nodes()),
      route('GET nodes/:node', (call) => nodes.oneNode(call.node)),
      route('GET nodes/:node/stats', (call) => nodes.oneNodeStats(call.node)),
      route('GET nodes/:node/metrics', (call) => nodes.oneNodeMetrics(call.node)),
      route('GET nodes/:node/clients', (call) => nodes.oneNodeClients(call.node, call.query)),
      route('GET nodes/:node/listeners', (call) => nodes.oneNodeListeners(call.node)),
      route('GET stats', () => nodes.stats()),
      route('GET brokers', () => nodes.brokers()),
      route('GET brokers/:node', (call) => nodes.oneBroker(call.node)),
      route('GET metrics', () => nodes.metrics()),
      route('GET listeners', () => nodes.listeners()),
      route('GET plugins', () => nodes.plugins()),
      route('GET alarms', () => nodes.alarms()),
      route('GET license', () => nodes.license()),
      route('GET emqx_prometheus', (call) => prometheus(node, call.query.get('type'))),
      route('GET node_eviction/status', () => rebalance.evictionStatus(), true),
      route('GET load_rebalance/status', () => rebalance.status(), true),
      route('GET load_rebalance/global_status', () => rebalance.globalStatus(), true),
      route('GET load_rebalance/availability_check', () => rebalance.availabilityCheck(), true),
      route(
        'POST load_rebalance/:node/evacuation/start',
        (call) => rebalance.startEvacuation(call.node, call.params),
        true,
      ),
      route('POST load_rebalance/:node/evacuation/stop', (call) => rebalance.stopEvacuation(call.node), true),
      route('POST load_rebalance/:node/start', (call) => rebalance.startRebalance(call.node, call.params), true),
      route('POST load_rebalance/:node/stop', (call) => rebalance.stopRebalance(call.node), true),
    ];
  }

  handle(request: ApiRequest): Answer {
    const answer = this.dispatch(request);
    const headless = request.method === 'HEAD';
    return headless && !(answer instanceof Promise) ? { ...answer, body: '' } : unlessEnded(this.node, answer);
  }

  private dispatch({ method, path, headers, body }: ApiRequest): Answer {
    const [pathname = '', search = ''] = path.split('?', 2);
    if (pathname === '/status' && method === 'GET') {
      return text(200, `Node ${this.node.name} is started\nemqx is running`);
    }
    if (!pathname.startsWith(PREFIX)) return noSuchHandler();
    const segments = pathname.slice(PREFIX.length).split('/').filter(Boolean);
    const call = this.match(method, segments);
    if (!this.isPublic(segments) && !this.isAuthorized(headers)) return unauthorized();
    if (!call) return notFound();
    return this.answer(call.route, call.node, new URLSearchParams(search), body);
  }

  private answer(found: Route, node: string, query: URLSearchParams, body: string | undefined): Answer {
    let content: unknown;
    try {
      content = body ? fromJson(body) : {};
    } catch {
      return text(400, 'Bad Request');
    }
    try {
      return found.answer({ node, query, params: paramsOf(query, content) });
    } catch (error) {
      if (error instanceof InvalidParam) return refusal(error.message);
      if (error instanceof HandlerCrash) return text(500, 'Internal Error');
      throw error;
    }
  }

  private match(method: string, segments: readonly string[]): { route: Route; node: string } | undefined {
    for (const candidate of this.routes) {
      if (candidate.method !== method || candidate.segments.length !== segments.length) continue;
      if (candidate.rebalance && !this.serves(candidate)) continue;
      let node = '';
      const matches = candidate.segments.every((segment, index) => {
        if (segment !== ':node') return segment === segments[index];
        node = segments[index]!;
        return true;
      });
      if (matches) return { route: candidate, node };
    }
    return undefined;
  }

  /** After a crash of the rebalance application its paths are unknown; the eviction agent is another one. */
  private serves({ segments }: Route): boolean {
    return segments[0] === 'node_eviction' ? this.node.phase === 'running' : this.node.hasRebalance;
  }

  private isPublic(segments: readonly string[]): boolean {
    const path = segments.join('/');
    if (path === 'emqx_prometheus') return true;
    return path === 'load_rebalance/availability_check' && this.node.profile.publicAvailabilityCheck;
  }

  private isAuthorized(headers: Readonly<Record<string, string>>): boolean {
    const name = Object.keys(headers).find((key) => key.toLowerCase() === 'authorization');
    const [scheme, encoded = ''] = (name ? headers[name]! : '').split(' ');
    if (scheme !== 'Basic') return false;
    const decoded = Buffer.from(encoded, 'base64').toString();
    const colon = decoded.indexOf(':');
    return colon >= 0 && this.credentials(decoded.slice(0, colon), decoded.slice(colon + 1));
  }
}

function route(pattern: string, answer: (call: Call) => Answer, rebalance = false): Route {
  const [method = '', path = ''] = pattern.split(' ');
  return { method, segments: path.split('/'), rebalance, answer };
}

/** EMQX merges the query, as strings, and the body; an array of the body counts as a list of parameters. */
function paramsOf(query: URLSearchParams, content: unknown): Param[] {
  if (typeof content !== 'object' || content === null || content instanceof Float) {
    throw new HandlerCrash('the body is neither an object nor an array');
  }
  const fromQuery = [...query].map(([name, value]) => ({ name, value }));
  const fromBody = Array.isArray(content)
    ? content.map((item: unknown) => ({ item }))
    : Object.entries(content).map(([name, value]) => ({ name, value }));
  return [...fromQuery, ...fromBody];
}
