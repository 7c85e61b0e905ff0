#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""HTTPS, whom it trusts, and an environment that would have it otherwise. usage: encrypted.py IDC_HOST MODULES"""
import re
import socket
import sys
import threading

import account
import tap
from interceptor import Interceptor
from proxy import Proxy
from simulator import Simulator

IDC_HOST, MODULES = sys.argv[1:]
WORLD = {"users": 120, "stubs": 0}
FAILED = "POST /oauth/token failed: "
CHECK = ". Check ca_file, proxy and address."


def trusted():
    with Simulator(tls=True, **WORLD) as simulator, account.Account(IDC_HOST, MODULES, simulator).connected() as host:
        account.same(host.grants(), account.grants_of(simulator))
        assert simulator.settings["api_url"].startswith("https://"), simulator.settings
        assert simulator.summary()["violations"] == 0


def refused(certificate, sentence, drop=()):
    """Nothing goes out, not even the client secret. drop: settings to leave out."""
    with Simulator(tls=True, switches={"tls_cert": certificate}, **WORLD) as simulator, account.Account(IDC_HOST, MODULES, simulator) as host:
        for key in drop:
            del simulator.ready["settings"][key]
        outcome = host.attempt().expect(1)
        assert outcome.error[0] == "PROTOCOL" and re.fullmatch(sentence, outcome.error[1]), outcome.error
        assert simulator.summary()["total"] == 0, simulator.journal()


def authority_is_no_certificate(text, sentence):
    with Simulator(tls=True, **WORLD) as simulator, account.Account(IDC_HOST, MODULES, simulator) as host:
        path = host.folder / "authority.pem"
        if text is not None:
            path.write_text(text)
        outcome = host.attempt(ca_file=path.resolve()).expect(2)
        assert outcome.error == ("INVALID", sentence.format(path=path.resolve())), outcome.error


class Trap:
    """A proxy that must not be used: it counts who comes."""

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.visitors = 0
        threading.Thread(target=self._count, daemon=True).start()
        return self

    def _count(self):
        while True:
            try:
                self._socket.accept()[0].close()
            except OSError:
                return
            self.visitors += 1

    def __exit__(self, *_):
        self._socket.close()


def environment_of(host, trap, name):
    """Everything that curl and OpenSSL would take from around them: a proxy, other authorities, credentials, options."""
    (host.folder / ".netrc").write_text("default login somebody password else\n")
    (host.folder / ".curlrc").write_text(f"proxy = {trap.url}\nuser-agent = changed\n")
    empty = host.folder / "empty.pem"
    empty.write_text("")
    return {
        "proxies": {key: trap.url for key in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")},
        "authorities": {key: str(empty) for key in ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "CURL_SSL_BACKEND")},
        "files": {"NETRC": str(host.folder / ".netrc"), "CURL_HOME": str(host.folder), "XDG_CONFIG_HOME": str(host.folder),
                  "no_proxy": "*", "NO_PROXY": "*"},
        "OpenSSL": {"OPENSSL_CONF": str(empty), "SSLKEYLOGFILE": str(host.folder / "keys")},
    }[name]


def environment_changes_nothing(tls, name):
    with Simulator(tls=tls, **WORLD) as simulator, Trap() as trap, account.Account(IDC_HOST, MODULES, simulator) as host:
        host.environment = environment_of(host, trap, name)
        host.connected()
        account.same(host.grants(), account.grants_of(simulator))
        assert trap.visitors == 0, "the proxy of the environment was asked"
        assert not (host.folder / "keys").exists(), "the keys of the connections were written down"
        assert simulator.summary()["violations"] == 0


def environment_adds_no_trust():
    """An authority that only the environment names is not trusted."""
    with Simulator(tls=True, **WORLD) as simulator, Simulator(tls=True, users=1) as other, account.Account(IDC_HOST, MODULES, simulator) as host:
        host.environment = {key: simulator.settings["ca_file"] for key in ("SSL_CERT_FILE", "CURL_CA_BUNDLE")}
        outcome = host.attempt(ca_file=other.settings["ca_file"]).expect(1)
        assert outcome.error[0] == "PROTOCOL" and simulator.summary()["total"] == 0, outcome.error


def through_a_proxy():
    """Where one is set it is used, for everything, whatever no_proxy says."""
    with Simulator(**WORLD) as simulator, Proxy() as proxy, account.Account(IDC_HOST, MODULES, simulator) as host:
        host.environment = {"no_proxy": "127.0.0.1", "NO_PROXY": "*"}
        host.connected(proxy=proxy.url)
        assert len(proxy.exchanges) == simulator.summary()["total"] > 10
        account.same(host.grants(), account.grants_of(simulator))


def credentials_stay_where_they_belong():
    """The client secret goes to the token endpoint alone, tokens to the API alone, and neither into an address."""
    with Simulator(**WORLD) as simulator, Proxy() as proxy, account.Account(IDC_HOST, MODULES, simulator) as host:
        host.connected(proxy=proxy.url)
        for exchange in proxy.exchanges:
            to_identity = "/oauth/token" in exchange.url
            assert ("client_secret=" in exchange.body.decode()) is to_identity
            assert ("authorization" in exchange.headers) is not to_identity, exchange.headers
            assert "secret" not in exchange.url and "token=" not in exchange.url and "cookie" not in exchange.headers, exchange.url


def intercepted():
    """With the authority of the proxy, and that one alone, everything goes through it, what the token endpoint is told too."""
    with Simulator(tls=True, **WORLD) as simulator, Interceptor(simulator.settings["ca_file"]) as proxy, \
            account.Account(IDC_HOST, MODULES, simulator) as host:
        host.connected(proxy=proxy.url, ca_file=proxy.ca_file)
        assert ("POST", "/identity/oauth/token") in proxy.seen and len(proxy.seen) == simulator.summary()["total"] > 10, proxy.seen
        account.same(host.grants(), account.grants_of(simulator))
        assert simulator.summary()["violations"] == 0


def not_intercepted(named, around):
    """Nothing is told to a proxy whose authority no setting names. named: ca_file is the service's. around: the environment names the proxy's."""
    with Simulator(tls=True, **WORLD) as simulator, Interceptor(simulator.settings["ca_file"]) as proxy, \
            account.Account(IDC_HOST, MODULES, simulator) as host:
        if not named:
            del simulator.ready["settings"]["ca_file"]
        if around:
            host.environment = {key: proxy.ca_file for key in ("SSL_CERT_FILE", "CURL_CA_BUNDLE")}
        outcome = host.attempt(proxy=proxy.url).expect(1)
        assert outcome.error[0] == "PROTOCOL" and outcome.error[1].startswith(FAILED) and outcome.error[1].endswith(CHECK), outcome.error
        assert "certificate" in outcome.error[1], outcome.error
        assert proxy.tunnels > 0 and proxy.seen == [] and simulator.summary()["total"] == 0, (proxy.tunnels, proxy.seen)


def main():
    tap.check("an account is read over HTTPS with the authority that ca_file names", trusted)
    tap.check("a certificate that nobody vouches for is refused", refused, "good",
              f"{FAILED}SSL certificate problem: (unable to get local issuer certificate|self-signed certificate.*){re.escape(CHECK)}", ["ca_file"])
    tap.check("a certificate of another name is refused", refused, "wrong_name",
              f"{FAILED}SSL: no alternative certificate subject name matches target (host name|ipv4 address) '127.0.0.1'{re.escape(CHECK)}")
    tap.check("a certificate that has expired is refused", refused, "expired",
              f"{FAILED}SSL certificate problem: certificate has expired{re.escape(CHECK)}")
    tap.check("a certificate of another authority is refused", refused, "other_ca",
              f"{FAILED}the certificate was not issued by an authority that is trusted{re.escape(CHECK)}")
    tap.check("a ca_file that is not there is told", authority_is_no_certificate, None,
              "The setting ca_file cannot be used: Failed to open file “{path}”: No such file or directory.")
    tap.check("a ca_file without a certificate in it is told", authority_is_no_certificate, "nothing\n",
              "The setting ca_file cannot be used: {path} holds no certificate in PEM form.")
    for tls in (False, True):
        for name in ("proxies", "authorities", "files", "OpenSSL"):
            tap.check(f"{name} in the environment change nothing {'over HTTPS' if tls else 'without it'}", environment_changes_nothing, tls, name)
    tap.check("an authority that only the environment names is not trusted", environment_adds_no_trust)
    tap.check("a proxy that is set is used for everything", through_a_proxy)
    tap.check("through a proxy that reads along, with the authority that ca_file names", intercepted)
    tap.check("a proxy that reads along is told nothing where no authority is named", not_intercepted, False, False)
    tap.check("a proxy that reads along is told nothing where ca_file names another", not_intercepted, True, False)
    for named in (False, True):
        tap.check(f"a proxy that only the environment trusts is told nothing, {'with' if named else 'without'} ca_file", not_intercepted, named, True)
    tap.check("secret and tokens go where they belong, and into no address", credentials_stay_where_they_belong)
    tap.finish()


if __name__ == "__main__":
    main()
