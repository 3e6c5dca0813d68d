// 'acl[0]' ("{allow, {user, \"dashboard\"}, subscribe, [\"$SYS/#\"]}") must be a rule in braces with a full stop behind it: EMQX reads the rules as Erlang terms, and applies none of a file it cannot parse; write for example "{allow, all}."
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  acl: ['{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}', '{deny, all}.'],
});
app.synth();
