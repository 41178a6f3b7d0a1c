"""Only addresses that lead to configured services are called, however a link is written."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from connector.adapters.http import ForbiddenAddress, Hosts

API = "https://api.partnercenter.microsoft.com"
HOSTS = Hosts.of(API, "https://localhost:8443", suffixes=(".blob.core.windows.net",))

SMUGGLED = {
    "another host": "https://evil.example/v1/customers",
    "ours as a part of the path": "https://evil.example/api.partnercenter.microsoft.com",
    "ours at the end of another name": "https://evilapi.partnercenter.microsoft.com/",
    "ours at the beginning of another name": "https://api.partnercenter.microsoft.com.evil.example/",
    "a user name": "https://api.partnercenter.microsoft.com@evil.example/",
    "a backslash before the at sign": "https://evil.example\\@api.partnercenter.microsoft.com/",
    "a backslash after the host": "https://api.partnercenter.microsoft.com\\.evil.example/",
    "no encryption": "http://api.partnercenter.microsoft.com/v1/customers",
    "another port": "https://api.partnercenter.microsoft.com:8443/v1",
    "another scheme": "ftp://api.partnercenter.microsoft.com/",
    "a file": "file:///etc/passwd",
    "a line end": "https://api.partnercenter.microsoft.com/\r\nHost: evil.example",
    "a tab in the host": "https://api.partner\tcenter.microsoft.com/",
    "a look-alike letter": "https://api.p\u0430rtnercenter.microsoft.com/",
    "a wide dot": "https://evil.example\uff0fapi.partnercenter.microsoft.com/",
    "the machine beside the cloud's": "http://169.254.169.254/metadata",
    "this machine at another port": "https://localhost:22/",
    "a decimal address": "https://2130706433/",
    "the suffix as a host": "https://blob.core.windows.net/x",
    "the suffix in a longer name": "https://x.blob.core.windows.net.evil.example/x",
    "the suffix without its dot": "https://evilblob.core.windows.net/x",
    "a blob at another port": "https://x.blob.core.windows.net:8080/x",
    "a final dot": "https://api.partnercenter.microsoft.com./v1",
    "a fragment before the at sign": "https://evil.example#@api.partnercenter.microsoft.com/",
    "a question before the at sign": "https://evil.example?@api.partnercenter.microsoft.com/",
    "an escaped host": "https://api%2epartnercenter.microsoft.com/",
    "an empty host": "https:///v1/customers",
    "nothing": "",
    "a port that is none": "https://api.partnercenter.microsoft.com:port/",
    "a broken bracket": "https://[api.partnercenter.microsoft.com/",
}


@pytest.mark.parametrize("url", SMUGGLED.values(), ids=SMUGGLED)
def test_a_smuggled_address_is_not_called(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        HOSTS.check(url)


@pytest.mark.parametrize(
    "url",
    [
        API,
        f"{API}/v1/customers?size=2&filter=%7B%22Field%22%3A1%7D",
        "https://API.PartnerCenter.Microsoft.com:443/v1",
        "https://localhost:8443/v1",
        "https://adlsreconbuprodeastus201.blob.core.windows.net/a/b=1/c.json.gz?sp=rl&sig=a%2Bb",
    ],
)
def test_a_configured_address_is_called(url: str) -> None:
    assert HOSTS.check(url) == url


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("/v1/customers?size=2", f"{API}/v1/customers?size=2"),
        (f"{API}/v1/x", f"{API}/v1/x"),
        ("//evil.example/x", None),
        ("https://evil.example/x", None),
        ("/\\evil.example/x", None),
        ("\t//evil.example", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_link_is_checked_after_it_is_resolved(link: str, leads: str | None) -> None:
    if leads is None:
        with pytest.raises(ForbiddenAddress):
            HOSTS.join(f"{API}/v1/customers", link)
    else:
        assert HOSTS.join(f"{API}/v1/customers", link) == leads


@given(st.text(alphabet="htps:/@\\#?.[]%0 a-evilmxcro443;,~\u3002\t\u0430", max_size=40))
def test_what_is_allowed_leads_to_the_same_place_for_every_reader(tail: str) -> None:
    for url in (f"{API}{tail}", f"https://{tail}", f"https://x{tail}.blob.core.windows.net/"):
        try:
            HOSTS.check(url)
        except ForbiddenAddress:
            continue
        assert urlsplit(url).hostname == (parse_url(url).host or "").lower()
        host = urlsplit(url).hostname or ""
        assert host in {"api.partnercenter.microsoft.com", "localhost"} or host.endswith(".blob.core.windows.net")


def test_plain_http_is_for_this_machine_only() -> None:
    assert Hosts.of("http://127.0.0.1:8080").check("http://127.0.0.1:8080/x")
    assert Hosts.of("http://[::1]:8080").check("http://[::1]:8080/x")
    with pytest.raises(ForbiddenAddress, match="without encryption"):
        Hosts.of("http://192.168.1.1")


def test_simulators_may_serve_blobs_at_any_port_of_this_machine() -> None:
    hosts = Hosts.of(API, loopback=True)
    assert hosts.check("https://127.0.0.1:9999/x")
    with pytest.raises(ForbiddenAddress):
        hosts.check("https://10.0.0.1:9999/x")


def test_what_is_allowed_adds_up() -> None:
    both = Hosts.of(API) | Hosts.of(suffixes=(".blob.core.windows.net",))
    assert both.check(f"{API}/x")
    assert both.check("https://a.blob.core.windows.net/x")
    with pytest.raises(ValueError, match="begins with a dot"):
        Hosts.of(suffixes=("blob.core.windows.net",))


def test_the_refusal_does_not_repeat_the_parameters() -> None:
    with pytest.raises(ForbiddenAddress) as caught:
        HOSTS.check("https://evil.example/x?sig=canary")
    assert "canary" not in str(caught.value)
    assert "evil.example" in str(caught.value)
