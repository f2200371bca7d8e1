"""A SAML identity provider made of pysaml2 and xmlsec1, on a loopback port of its own.

Takes requests by redirect, checks their signatures, asks who somebody wants to be, answers by a form that is
posted, and logs out both ways. `/control/...` is for the test that started it. Prints its address when it listens.
"""
import base64
import functools
import html
import json
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, entity, sigver
from saml2.config import IdPConfig
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NAME_FORMAT_UNSPECIFIED, NameID
from saml2.server import Server

SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
DIGEST = 'http://www.w3.org/2001/04/xmlenc#sha256'
AES_GCM = 'http://www.w3.org/2009/xmlenc11#aes256-gcm'
PASSWORD = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'


# pysaml2 encrypts with Triple DES unless it is told otherwise, and has no setting for that.
entity.pre_encryption_part = functools.partial(sigver.pre_encryption_part, msg_enc=AES_GCM)
_encrypt = sigver.CryptoBackendXmlSec1.encrypt_assertion


def encrypt(self, statement, key, template, key_type=None, *rest, **more):
    return _encrypt(self, statement, key, template, 'aes-256', *rest, **more)


sigver.CryptoBackendXmlSec1.encrypt_assertion = encrypt


class Provider:
    def __init__(self, base):
        self.base = base
        self.people = {}
        self.how = {'sign_assertion': True, 'sign_response': False, 'encrypt_assertion': False}
        self.keys = {'key': sys.argv[1], 'cert': sys.argv[2]}
        self.described = None
        self.pending = {}
        self.ended = []
        self.service = None
        self.server = None

    def configure(self, metadata):
        self.described = metadata
        settings = {
            'entityid': f'{self.base}/metadata',
            'xmlsec_binary': '/usr/bin/xmlsec1',
            'key_file': self.keys['key'],
            'cert_file': self.keys['cert'],
            'additional_cert_files': [self.keys['next']] if 'next' in self.keys else [],
            'accepted_time_diff': 60,
            'service': {
                'idp': {
                    'endpoints': {
                        'single_sign_on_service': [(f'{self.base}/sso', BINDING_HTTP_REDIRECT)],
                        'single_logout_service': [(f'{self.base}/slo', BINDING_HTTP_REDIRECT)],
                    },
                    'policy': {'default': {'lifetime': {'minutes': 5}, 'name_form': NAME_FORMAT_UNSPECIFIED}},
                }
            },
        }
        if metadata:
            settings['metadata'] = {'inline': [metadata]}
        self.server = Server(config=IdPConfig().load(settings))
        self.service = next(iter(self.server.metadata.keys()), None) if metadata else None

    def metadata(self):
        from saml2.metadata import entity_descriptor

        return str(entity_descriptor(self.server.config))

    def check(self, fields):
        """The redirect binding's signature, by the keys in the service's metadata."""
        for cert in self.server.metadata.certs(self.service, 'any', 'signing'):
            if sigver.verify_redirect_signature(fields, self.server.sec.sec_backend, cert):
                return
        raise PermissionError('the request is not signed by the service')

    def begin(self, fields):
        self.check({k: fields[k] for k in ('SAMLRequest', 'RelayState', 'SigAlg', 'Signature') if k in fields})
        request = self.server.parse_authn_request(fields['SAMLRequest'], BINDING_HTTP_REDIRECT)
        ticket = request.message.id
        self.pending[ticket] = (request.message, fields.get('RelayState', ''))
        return ticket

    def answer(self, ticket, name):
        message, state = self.pending.pop(ticket)
        place = self.server.response_args(message, [BINDING_HTTP_POST])
        person = self.people[name]
        name_id = NameID(format=NAMEID_FORMAT_PERSISTENT, text=name)
        response = self.server.create_authn_response(
            person,
            message.id,
            place['destination'],
            place['sp_entity_id'],
            name_id=name_id,
            authn={'class_ref': PASSWORD, 'authn_auth': self.base, 'authn_instant': int(time.time())},
            sign_alg=SHA256,
            digest_alg=DIGEST,
            **self.how,
        )
        return place['destination'], base64.b64encode(str(response).encode()).decode(), state

    def logout(self, fields):
        """A request of the service: the answer goes back by redirect."""
        self.check({k: fields[k] for k in ('SAMLRequest', 'RelayState', 'SigAlg', 'Signature') if k in fields})
        request = self.server.parse_logout_request(fields['SAMLRequest'], BINDING_HTTP_REDIRECT)
        sessions = [index.text for index in request.message.session_index]
        self.ended.append({'name': request.message.name_id.text, 'sessions': sessions})
        response = self.server.create_logout_response(request.message, [BINDING_HTTP_REDIRECT])
        return self.redirect(str(response), self.logout_address(), 'SAMLResponse', fields.get('RelayState', ''))

    def end(self, name, session):
        """A request to the service to end somebody's session there."""
        _, request = self.server.create_logout_request(
            self.logout_address(),
            self.service,
            name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=name),
            session_indexes=[session] if session else None,
            sign=False,
        )
        return self.redirect(str(request), self.logout_address(), 'SAMLRequest', 'from-provider')

    def logout_address(self):
        services = self.server.metadata.single_logout_service(self.service, BINDING_HTTP_REDIRECT, 'spsso')
        return services[0]['location']

    def redirect(self, message, address, kind, state):
        info = self.server.apply_binding(
            BINDING_HTTP_REDIRECT, message, address, state, response=kind == 'SAMLResponse', sign=True, sigalg=SHA256
        )
        return dict(info['headers'])['Location']


class Handler(BaseHTTPRequestHandler):
    provider = None

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.guard(self.get)

    def do_POST(self):
        self.guard(self.post)

    def guard(self, work):
        try:
            url = urllib.parse.urlsplit(self.path)
            fields = {k: v[0] for k, v in urllib.parse.parse_qs(url.query, keep_blank_values=True).items()}
            work(url.path, fields)
        except Exception as error:  # the test reads why
            self.send(400, f'{type(error).__name__}: {error}', 'text/plain')

    def get(self, path, fields):
        provider = self.provider
        if path == '/metadata':
            self.send(200, provider.metadata(), 'application/samlmetadata+xml')
        elif path == '/sso':
            ticket = provider.begin(fields)
            buttons = ''.join(
                f'<p><a href="/login?ticket={urllib.parse.quote(ticket)}&amp;as={urllib.parse.quote(name)}">Sign in as {html.escape(name)}</a>'
                for name in provider.people
            )
            self.page(f'<h1>Directory</h1>{buttons}')
        elif path == '/login':
            place, response, state = provider.answer(fields['ticket'], fields['as'])
            field = '<input type="hidden" name="{}" value="{}">'
            form = field.format('SAMLResponse', response) + field.format('RelayState', html.escape(state, True))
            self.page(f'<form method="post" action="{html.escape(place, True)}">{form}<button>Continue</button></form><script>document.forms[0].submit()</script>')
        elif path == '/slo' and 'SAMLRequest' in fields:
            self.send(303, '', 'text/plain', provider.logout(fields))
        elif path == '/slo':
            self.page('<h1>Signed out of the directory</h1>')
        elif path == '/favicon.ico':
            self.send(204, '', 'image/x-icon')
        elif path == '/control/ended':
            self.send(200, json.dumps(provider.ended), 'application/json')
        elif path == '/control/end':
            self.send(200, provider.end(fields['name'], fields.get('session')), 'text/plain')
        else:
            self.send(404, 'nothing is here', 'text/plain')

    def post(self, path, fields):
        body = self.rfile.read(int(self.headers.get('content-length', 0))).decode()
        if path == '/control/service':
            self.provider.configure(body)
        elif path == '/control/certificates':
            given = json.loads(body)
            self.provider.keys = given if 'cert' in given else {**self.provider.keys, **given}
            self.provider.configure(self.provider.described)
        elif path == '/control/people':
            self.provider.people = json.loads(body)
        elif path == '/control/how':
            self.provider.how.update(json.loads(body))
        else:
            return self.send(404, 'nothing is here', 'text/plain')
        self.send(200, 'done', 'text/plain')

    def page(self, content):
        self.send(200, f'<!doctype html><html lang="en"><title>Directory</title><main>{content}</main>', 'text/html; charset=utf-8')

    def send(self, status, text, kind, location=None):
        body = text.encode()
        self.send_response(status)
        self.send_header('content-type', kind)
        self.send_header('content-length', str(len(body)))
        if location:
            self.send_header('location', location)
        self.end_headers()
        self.wfile.write(body)


listener = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
Handler.provider = Provider(f'http://127.0.0.1:{listener.server_port}')
Handler.provider.configure(None)
print(Handler.provider.base, flush=True)
listener.serve_forever()
