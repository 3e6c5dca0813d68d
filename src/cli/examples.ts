/** How each command is typed; the first line of each is in the help of the program. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  check: ['check', 'check emqx-ee -n mqtt --set-version 4.4.15'],
  plan: ['plan --set-version 4.4.15', 'plan -f emqx-ee.yaml --rate 100'],
  upgrade: [
    'upgrade --set-version 4.4.15',
    'upgrade -f emqx-ee.yaml --rate 100 --on-failure abort --yes',
    'upgrade emqxenterprise/emqx-ee -n mqtt --set-version 4.4.15 --yes -o json',
    'upgrade --set-version 4.4.15 --in-cluster',
  ],
  status: ['status --watch', 'status emqxenterprise/emqx-ee -n mqtt', 'status emqx/emqx -n mqtt', 'status -A -o json'],
  attach: ['attach', 'attach emqx-ee -n mqtt --drive'],
  pause: ['pause', 'pause emqx-ee -n mqtt'],
  resume: ['resume', 'resume emqx-ee -n mqtt'],
  abort: ['abort', 'abort emqx-ee -n mqtt'],
  rate: ['rate 50', 'rate 50 emqx-ee -n mqtt'],
  rescue: ['rescue', 'rescue emqx-ee -n mqtt --yes'],
  report: ['report', 'report --html report.html', 'report -o json'],
  approve: ['approve emqx-ee -n mqtt', 'approve emqx-ee -n mqtt --runner-namespace emqx-runner'],
  runner: [
    'runner manifest -n mqtt --image registry.example.com/emqx-blue-green:0.1.0 > runner.yaml',
    'runner -n emqx-runner --all-namespaces',
  ],
  simulate: [
    'simulate --clients 100000 --replicas 5 --rate 1000',
    'simulate -f emqx-ee.yaml --set-version 4.4.16',
    'simulate --devices mqtt.js@5.15=60%,hivemq=40% --compare operator,rolling',
    'simulate --fault lease-stolen --seed 5',
  ],
  sandbox: ['sandbox', 'sandbox -f emqx-ee.yaml --clients 300', 'sandbox --generation 5', 'sandbox --empty --port 0'],
  demo: ['demo --clients 300', 'demo --generation 5 --clients 300'],
  manifest: [
    'manifest operator > operator.yaml',
    'manifest access emqx-ee -n mqtt > access.yaml',
    'manifest monitoring emqx-ee -n mqtt --label release=prometheus > monitoring.yaml',
  ],
  completion: ['completion bash > ~/.local/share/bash-completion/completions/emqx-blue-green'],
};
