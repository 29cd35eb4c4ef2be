import type { Kind } from './proxy.ts';

/** What nginx would keep in folders of the system's. */
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export const nginx: Kind = {
  name: 'nginx',
  reload: 'SIGHUP',
  unavailable: '502',
  parameters: (configuration, folder) => ['-p', folder, '-c', configuration, '-e', 'stderr'],
  configure: ({ folder, upstream, plain, secure }, { keepAlive, requests }) => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log stderr emerg;
worker_processes 2;
worker_shutdown_timeout 2s;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  keepalive_timeout ${keepAlive}ms;
  keepalive_requests ${requests};
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_connect_timeout 1s;
  proxy_read_timeout 1000ms;
  limit_req_zone $binary_remote_addr zone=calls:64k rate=10r/s;
  upstream server { server 127.0.0.1:${upstream}; keepalive 64; }
  server {
    listen 127.0.0.1:${plain} backlog=1024;
    listen 127.0.0.1:${secure} ssl http2;
    ssl_certificate ${folder}/certificate.pem;
    ssl_certificate_key ${folder}/certificate.pem;
    add_header x-protocol $server_protocol always;
    location / { proxy_pass http://server; }
    location /limited/429/ {
      limit_req zone=calls burst=9 nodelay;
      limit_req_status 429;
      error_page 429 = @429;
      proxy_pass http://server;
    }
    location /limited/503/ {
      limit_req zone=calls burst=9 nodelay;
      error_page 503 = @503;
      proxy_pass http://server;
    }
    location @429 { add_header Retry-After 1 always; return 429; }
    location @503 { add_header Retry-After 1 always; return 503; }
  }
}
`,
};
