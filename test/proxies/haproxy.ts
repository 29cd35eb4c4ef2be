import type { Kind } from './proxy.ts';

/** It counts no requests of a connection, so of the settings it takes `keepAlive` alone. */
export const haproxy: Kind = {
  name: 'haproxy',
  reload: 'SIGUSR2',
  unavailable: '503',
  parameters: (configuration) => ['-W', '-q', '-f', configuration],
  configure: ({ folder, upstream, plain, secure }, { keepAlive }) => `
global
  stats socket ${folder}/control.sock mode 600 level admin expose-fd listeners
  hard-stop-after 2s
defaults
  mode http
  retries 0
  timeout connect 1s
  timeout client 5s
  timeout server 1000ms
  timeout http-keep-alive ${keepAlive}ms
frontend front
  bind 127.0.0.1:${plain}
  bind 127.0.0.1:${secure} ssl crt ${folder}/certificate.pem alpn h2,http/1.1
  stick-table type string size 16 expire 10s store gpc0,gpc0_rate(500ms)
  acl limited path_beg /limited/
  http-request track-sc0 str(calls) if limited
  acl spent sc0_gpc0_rate ge 10
  http-request return status 429 hdr Retry-After 1 if limited spent { path_beg /limited/429/ }
  http-request return status 503 hdr Retry-After 1 if limited spent
  http-request sc-inc-gpc0(0) if limited
  http-after-response set-header x-protocol HTTP/%[fc_http_major]
  default_backend server
backend server
  server one 127.0.0.1:${upstream}
`,
};
