import { create } from './create';
import { diff } from './diff';
import { endWithEngine } from './engine-watch';
import { checkInputs, type Raw } from './inputs';
import { withoutStack } from './plain-error';
import { read } from './read';
import { remove } from './remove';
import { update } from './update';

endWithEngine();

/**
 * The provider of `EmqxEnterprise`, as the text in every state requires it:
 * `exports.handler = () => require("emqx-blue-green/pulumi/runtime").provider;`
 *
 * This path is part of the contract: it must exist for as long as a stack exists, and its module must read what every older
 * version has written.
 */
export const provider = {
  check: (olds: Raw, news: Raw) =>
    Promise.resolve({
      inputs: { ...news, namespace: news['namespace'] ?? 'default' },
      failures: checkInputs(olds, news),
    }),
  diff: (id: string, olds: Raw, news: Raw) => withoutStack(`diff of ${id}`, diff(olds, news)),
  create: (inputs: Raw) => create(inputs),
  update: (_id: string, olds: Raw, news: Raw) => update({ olds, news }),
  read: (id: string, props: Raw) => withoutStack(`read of ${id}`, read(id, props)),
  delete: (id: string, props: Raw) => withoutStack(`delete of ${id}`, remove(props)),
};
