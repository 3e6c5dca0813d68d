import * as z from 'zod';
import type { ClientView } from '../upgrade';

const known = <S extends z.ZodType>(schema: S) => schema.optional().catch(undefined);
const count = z.number().int().nonnegative();

/**
 * A client in the lists of both generations, as far as this project reads it: neither its id, nor who it is or where. A session that was
 * moved in has no protocol. Neither generation lists wills.
 */
const Client = z.object({
  node: known(z.string()),
  connected: known(z.boolean()),
  proto_name: known(z.string()),
  proto_ver: known(count),
  clean_start: known(z.boolean()),
  expiry_interval: known(count),
  keepalive: known(count),
  subscriptions_cnt: known(count),
});

/** The clients of a page. */
export const ClientList = z.array(Client);

/** @param node whose list it is: with durable sessions, clients of others are in it, too (recorded with 6.2.0) */
export function clientViews(list: z.output<typeof ClientList>, node: string): ClientView[] {
  return list.flatMap((client) =>
    client.node === undefined || client.node === node
      ? {
          isConnected: client.connected,
          protocol: client.proto_name,
          protocolVersion: client.proto_ver,
          cleanStart: client.clean_start,
          sessionExpirySeconds: client.expiry_interval,
          keepAliveSeconds: client.keepalive,
          subscriptions: client.subscriptions_cnt,
        }
      : [],
  );
}
