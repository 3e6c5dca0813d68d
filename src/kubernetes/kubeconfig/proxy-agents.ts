/** Agents that connect through a proxy, apart: they are loaded where there is one, and most have none. */
export { HttpProxyAgent } from 'http-proxy-agent';
export { HttpsProxyAgent } from 'https-proxy-agent';
export { SocksProxyAgent } from 'socks-proxy-agent';
