import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP } from 'node:net';
import { KubeconfigError } from './kubeconfig-error';

/** Connections that were idle for this long are closed, before the server does so, ms. */
const IDLE_MS = 30_000;

const KEPT = { keepAlive: true, keepAliveMsecs: IDLE_MS, timeout: IDLE_MS };

/**
 * The agent that opens and keeps the connections to a server: directly, or through a proxy.
 *
 * @param proxyUrl of the kubeconfig; by default that of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)
 * @throws KubeconfigError when the kind of proxy is unknown
 */
export async function agentTo(server: URL, proxyUrl: string | undefined, env: NodeJS.ProcessEnv): Promise<http.Agent> {
  const proxy = proxyUrl ?? proxyOfEnvironment(server, env);
  const isSecure = server.protocol === 'https:';
  if (proxy === undefined) return isSecure ? new https.Agent(KEPT) : new http.Agent(KEPT);
  const where = proxyUrl === undefined ? 'HTTPS_PROXY or HTTP_PROXY' : 'proxy-url';
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined;
  const protocol = url?.protocol ?? '';
  const isSocks = /^socks5h?:$/.test(protocol);
  if (!url || (!isSocks && !/^https?:$/.test(protocol))) {
    throw new KubeconfigError(`${where} must be a URL that begins with http://, https:// or socks5://`);
  }
  const { HttpProxyAgent, HttpsProxyAgent, SocksProxyAgent } = await import('./proxy-agents.js');
  // The proxy resolves names, as it does for kubectl.
  if (isSocks) return new SocksProxyAgent(proxy.replace(/^socks5:/, 'socks5h:'), KEPT);
  return isSecure ? new HttpsProxyAgent(url, KEPT) : new HttpProxyAgent(url, KEPT);
}

/**
 * The proxy of the environment for a server, by the rules of Go's `net/http`, as in kubectl: never for this machine
 * itself, and not for what NO_PROXY names.
 */
export function proxyOfEnvironment(server: URL, env: NodeJS.ProcessEnv): string | undefined {
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = env[name] || env[name.toLowerCase()];
  if (!proxy) return undefined;
  const host = server.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (host === 'localhost' || isLoopback(host)) return undefined;
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  const exempt = (env['NO_PROXY'] || env['no_proxy'] || '').split(',').map((each) => each.trim().toLowerCase());
  if (exempt.some((entry) => isExempt(entry, host, port))) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Whether an entry of NO_PROXY matches this host: `*`, an address, a range of addresses, a name with those below it; with or without port. */
function isExempt(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (isRangeWith(entry, host)) return true;
  const [, name = entry, onlyPort] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  if (isIP(bare)) return bare === host;
  if (isIP(host)) return false;
  const domain = bare.replace(/^\*/, '');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function isRangeWith(entry: string, host: string): boolean {
  const [, network = '', bits] = /^([0-9a-f.:]+)\/(\d+)$/.exec(entry) ?? [];
  const family = isIP(network);
  if (!family || isIP(host) !== family || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return range.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function isLoopback(host: string): boolean {
  return /^127(\.\d+){3}$/.test(host) || host === '::1';
}
