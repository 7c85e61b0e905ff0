// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The idc contributors
//
// An OAuth server that this project did not write, with the paths and scopes of the service: PKCE is required and refresh tokens rotate.
// What people see are its own pages. usage: node provider.mjs FOLDER_OF_NODE_MODULES CLIENT, where CLIENT is JSON:
// {"client_id", "client_secret", "redirect_uris", "scopes"}. It prints one line of JSON once it is ready, and ends with its standard input.
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, given] = process.argv.slice(2);
const { scopes, ...client } = JSON.parse(given);
const found = createRequire(`${folder}/package.json`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(found));

const server = http.createServer();
await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [{
    ...client,
    application_type: 'native', // those may come back to loopback
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_post',
  }],
  scopes,
  routes: { authorization: '/oauth/authorize', token: '/oauth/token', revocation: '/oauth/revoke', introspection: '/introspect' },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  features: { introspection: { enabled: true }, revocation: { enabled: true } },
  cookies: { keys: ['of a test'] },
});
server.on('request', provider.callback());
process.stdin.resume().on('end', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ issuer })}\n`);
