import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';

/** What the tutorial's cluster is when it is written down by hand: a custom resource and a Service, nothing checked. */
export function plainCluster(scope: Construct, id: string, name: string): void {
  const labels = { 'apps.emqx.io/instance': name, 'apps.emqx.io/managed-by': 'emqx-operator' };
  new ApiObject(scope, id, {
    apiVersion: 'apps.emqx.io/v1beta4',
    kind: 'EmqxEnterprise',
    metadata: { name, namespace: 'default', labels },
    spec: {
      replicas: 3,
      clusterDomain: 'cluster.local',
      blueGreenUpdate: {
        initialDelaySeconds: 2_000_000_000,
        evacuationStrategy: { waitTakeover: 5, connEvictRate: 10, sessEvictRate: 10 },
      },
      template: {
        metadata: { labels },
        spec: {
          reloaderImage: 'emqx/emqx-operator-reloader:0.0.2',
          podSecurityContext: {
            fsGroup: 1000,
            fsGroupChangePolicy: 'Always',
            runAsGroup: 1000,
            runAsUser: 1000,
            supplementalGroups: [1000],
          },
          emqxContainer: {
            image: { repository: 'emqx/emqx-ee', version: '4.4.14', pullPolicy: 'IfNotPresent' },
            securityContext: { runAsGroup: 1000, runAsNonRoot: true, runAsUser: 1000 },
            ports: [
              { name: 'management', containerPort: 8081, protocol: 'TCP' },
              { name: 'dashboard', containerPort: 18083, protocol: 'TCP' },
            ],
            emqxConfig: {
              name,
              'log.to': 'console',
              'cluster.discovery': 'dns',
              'cluster.dns.type': 'srv',
              'cluster.dns.app': name,
              'cluster.dns.name': `${name}-headless.default.svc.cluster.local`,
              'listener.tcp.internal': '',
            },
            emqxACL: [
              '{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.',
              '{allow, {ipaddr, "127.0.0.1"}, pubsub, ["$SYS/#", "#"]}.',
              '{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}.',
              '{allow, all}.',
            ],
          },
        },
      },
      serviceTemplate: {
        metadata: { name, namespace: 'default', labels },
        spec: {
          selector: labels,
          ports: [
            { name: 'http-management-8081', port: 8081, targetPort: 8081, protocol: 'TCP' },
            { name: 'http-dashboard-18083', port: 18083, targetPort: 18083, protocol: 'TCP' },
          ],
        },
      },
    },
  });
  new ApiObject(scope, `${id}Service`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: `${name}-mqtt`,
      namespace: 'default',
      labels: { 'emqx-blue-green/traffic-for': name },
      annotations: { 'emqx-blue-green/initial-delay-seconds': '5' },
    },
    spec: {
      type: 'NodePort',
      selector: labels,
      ports: [{ name: 'mqtt', port: 1883, targetPort: 1883, protocol: 'TCP' }],
    },
  });
}
