// An endpoint as a node programmer writes it: the npm package soap listens by the WSDL.
'use strict';
const fs = require('fs');
const http = require('http');
const soap = require('soap');

const [wsdl, notes, port] = process.argv.slice(2);
const service = {
    NotificationService: {
        NotificationPort: {
            Notify(request) {
                for (const change of [].concat(request.notification.changes.NotifiedChange)) {
                    const value = change.values && [].concat(change.values.NotifiedValue)[0].value;
                    fs.appendFileSync(notes, JSON.stringify([Number(change.sequence), change.kind, change.entity, change.id,
                        Number(change.version), value === undefined ? null : value]) + '\n');
                }
                return { ack: true };
            },
        },
    },
};
const server = http.createServer((request, response) => response.end());
server.listen(Number(port), '127.0.0.1', () => soap.listen(server, '/', service, fs.readFileSync(wsdl, 'utf8')));
