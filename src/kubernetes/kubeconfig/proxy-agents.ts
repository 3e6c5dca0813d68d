/** Agents that connect through a proxy, in a file of their own: they are loaded only where there is a proxy. */
export { HttpProxyAgent } from 'http-proxy-agent';
export { HttpsProxyAgent } from 'https-proxy-agent';
export { SocksProxyAgent } from 'socks-proxy-agent';
