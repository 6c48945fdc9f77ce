"""URLs that a stranger may type, and what is to come of each; how web servers answer is in `answer_cases`.

Outcomes: B, refused with nobody dialled; H, only the first, public host is dialled; R, refused in time; A, shown.
The public hosts are the names of `NAMES_OF_SERVER`, which lead to a server on loopback at the port that `{port}` means.
"""

# ruff: noqa: RUF001  letters that look alike are the tricks themselves

from dataclasses import dataclass, field

from tests.core.loopback import PNG, Answer, http

AT_HOME = "http://img.test:{port}/a"
NAMES_OF_SERVER = ("img.test", "xn--bcher-kva.test", "my_bucket.img.test", "a.b.c.img.test")

NOBODY = "No public web server answers at this address."
NO_SCHEME = "Only addresses that begin with http:// or https:// are fetched."
NO_HOST = "The address names no host."
UNREADABLE = "can't be read."
ODD = "The address contains a space, a backslash or a control character."
USER = "The address contains a user name or an @ before its path."
LONG = "The address is longer than 2,048 characters."


@dataclass(frozen=True)
class UrlCase:
    """`sentence` is the end of the refusal; `answers` are the server's, by path."""

    name: str
    outcome: str
    url: str = AT_HOME
    sentence: str = ""
    answers: dict[str, Answer] = field(default_factory=dict, repr=False)


def words(text: str) -> list[str]:
    """A table in the least room."""
    return text.split()


_REFUSED_AS_TYPED = {
    NO_SCHEME: [
        "",
        *words("""
        file:///etc/passwd FILE:///etc/passwd file://localhost/etc/passwd ftp://img.test/a sftp://img.test/a
        gopher://127.0.0.1:6379/_INFO dict://127.0.0.1:11211/stats ldap://127.0.0.1/ tftp://127.0.0.1/a
        smb://127.0.0.1/a unix:///var/run/docker.sock http+unix://%2Fvar%2Frun%2Fdocker.sock
        data:image/png;base64,iVBORw0KGgo= javascript:alert(1) blob:http://img.test/1 ws://img.test/a
        wss://img.test/a jar:http://img.test!/a about:blank view-source:http://img.test/
        php://filter/resource=/etc/passwd netdoc:///etc/passwd url:http://127.0.0.1/ //127.0.0.1/a img.test/a.png
        localhost:80/a httpx://img.test/ 1http://img.test/ http%3a//127.0.0.1/ ://127.0.0.1/ ｈttp://127.0.0.1/
    """),
    ],
    NO_HOST: words("""
        http:127.0.0.1/a http:/127.0.0.1/a http:///a http:///127.0.0.1/ http:////127.0.0.1/ http:// https: http://?a
        http://#a http://:80/
    """),
    USER: words("""
        http://user:pw@img.test/ok.png http://img.test@127.0.0.1/ http://a:b@c@127.0.0.1/ http://@img.test/
        http://:@img.test/ http://127.0.0.1:80@img.test:80/ http://img.test:80@127.0.0.1/ http://@@127.0.0.1/
        https://img.test:443@[::1]/ http://img.test;@127.0.0.1/
    """),
    ODD: [
        *("http://img.test\r\nX: y/", "http://img .test/", "http://img.test/a\0b", "http://img.test/a\r\nX: y"),
        *(" http://127.0.0.1/", "http://127.0.0.1\t/", "ht\ntp://127.0.0.1/", "http://127.0.0.1\\@img.test/"),
        *("http:\\\\127.0.0.1\\", "http://img.test\\.127.0.0.1/", "http://img.test/\x7f", "http://img.test/\x85"),
        *(
            "http://img.test:80 /",
            "http://127.0.0.1\x0b/",
            "http://img.test/\u2028",
            "http://img.test\xa0/",
            "\x1fhttp://a.b/",
        ),
        "http://img.test/\ud800",
    ],
    LONG: ["http://img.test/" + "a" * 9000, "http://img.test/" + "a" * 2033],
}

_UNREADABLE_PORTS = words("port -1 +80 65536 99999999999 80:80 0x50 8_0 1e2 ８０ ٨٠ 80%20 [::1]")
_UNREADABLE_HOSTS = [
    *words("""
        a..test .img.test img.test.. xn--.test xn--localhost-.test -a.test a-.test *.test img,test img;test
        (img).test {img}.test img|test $a.test
    """),
    *words("""
        127.0.0.1%2f.img.test 127%2e0%2e0%2e1 %31%32%37.0.0.1 img%00.test img%2etest [::1%00] ::1 fe80::1
    """),
    *(f"{'a' * 300}.test", f"{'a' * 64}.test", f"{'ü' * 60}.test", ".".join(["a" * 60] * 5), "xn--" + "a" * 60),
    # Tricks of Unicode: what turns into / # ? @ or : when it is normalised, and what no host may contain
    *words("""
        img＠127.0.0.1 img.test／127.0.0.1 img.test：80 img.test＃a img.test？a ℀.test ℅.test ☃.test ́a.test
    """),
    *("a\u200db.test", "א1a.test", "img\ufffd.test", "\u202eimg.test"),
    # As in the URL standard a host whose last label is a number is an IPv4 address; here only in its one plain form
    *words("""
        127.1 127.0.1 0 1.1 2130706433 0x7f000001 017700000001 0177.0.0.1 0x7f.1 00127.0.0.1 127.0.0.01 127.0.0.1.
    """),
    *words("""
        256.1.1.1 img.test.1 2852039166 0251.0376.0251.0376 0xA9FEA9FE 1.2.3.4.5 0x7f.0x0.0x0.0x1 127.0.0.0x1 img.0x
    """),
    *["4294967296", "①②⑦.①", "127.0.0.1..", "127。1"],
    *words("""
        [::1 [] [::g] [1::2::3] [v1.a] [img.test] [1.2.3.4] [fe80::1%25lo] [fe80::1%lo] [::127.0.0.1.]
    """),
    *words("[::1]img.test img.test[::1] [2606:4700::1111]127.0.0.1 [2606:4700::1111]] [[::1]]"),
]
_PORTS = words("0 1 2 22 23 25 110 443 445 2375 3306 5432 6379 8000 8080 8443 8501 9200 11211 27017 65535")

_PRIVATE_HOSTS = words("""
    127.0.0.1 127.255.255.254 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.254 192.168.1.1 169.254.169.254 169.254.170.2
    100.64.0.1 100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1
    224.0.0.1 240.0.0.1 255.255.255.255 １２７.０.０.１ ①②⑦.⓪.⓪.① 127。0。0。1 127．0．0．1 127\xad.0.0.1 𝟏27.0.0.1
    [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:1] [::127.0.0.1] [::ffff:0:127.0.0.1]
    [::1]:80
    [64:ff9b::a9fe:a9fe] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2001:0:53aa:64c:0:0:80ff:fffe] [fd00:ec2::254]
    [fec0::1] [ff02::1] [fe80::1] [100::1] [5f00::1] [3ffe::1] [2001:db8::1] [2606:4700::5efe:7f00:1]
    [2606:4700::200:5efe:7f00:1] [2606:4700:64::7f00:1] [2606:4700:64::10.0.0.1] [2606:4700:64::169.254.169.254]
    localhost LOCALHOST localhost. localhost。 ⓛocalhost local\xadhost lo\u200bcalhost ＬＯＣＡＬＨＯＳＴ locaℓhost
""")

ANSWERS_OF_NAMES = {
    "localhost": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "kubernetes.default.svc": ["10.96.0.1"],
    "10.0.0.1.nip.test": ["10.0.0.1"],
    "six.test": ["::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "public-and-private.test": ["8.8.8.8", "127.0.0.1"],
    "private-last-of-five.test": words("8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 10.0.0.1"),
    "v6-and-metadata.test": ["2606:4700::1111", "169.254.169.254"],
    "thousand.test": [f"10.0.{n // 250}.{n % 250}" for n in range(1000)],
    "link-local.test": ["fe80::1%lo"],
    "zone.test": ["2606:4700::1111%lo"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "own-nat64.test": ["2606:4700:64::c0a8:101"],
    "no-address.test": [],
    "text.test": ["localhost"],
    "blank.test": [""],
    "short.test": ["127.1"],
    "hex.test": ["0x7f000001"],
    "number.test": ["2130706433"],
    "network.test": ["8.8.8.8/32"],
    "padded.test": ["8.8.8.8 "],
    "zeros.test": ["008.8.8.8"],
}
_UNKNOWN_HOSTS = words("unknown.test xn--a.test 127.0.0.1.test 0x7f.test img.test.evil.test")
_PATHS = {
    "/a": "/a",
    "/a?": "/a",
    "/a?b=1&c=[2]": "/a",
    "/a?@127.0.0.1/": "/a",
    "/a#@127.0.0.1/": "/a",
    "/a@127.0.0.1": "/a@127.0.0.1",
    "/a%20b": "/a%20b",
    "/a%zz": "/a%zz",
    "/ü": "/%C3%BC",
    "/a;b=c": "/a;b=c",
    "//127.0.0.1/a": "//127.0.0.1/a",
    "/http://127.0.0.1/": "/http://127.0.0.1/",
    "/%2e%2e/a": "/%2e%2e/a",
    "": "/",
    "?a": "/",
    "#a": "/",
}
_HOMES = words("""
    HTTP://IMG.Test:{port} http://img.test.:{port} http://bücher.test:{port} http://BÜCHER.test:{port}
    http://xn--bcher-kva.test:{port} http://my_bucket.img.test:{port} http://a.b.c.img.test:{port}
    http://img。test:{port} http://ⓘmg.test:{port} http://img.test:0{port}
""")


def _shown(url: str, path: str = "/a") -> UrlCase:
    return UrlCase(url, "A", url, answers={path: http(PNG)})


URL_CASES = [
    *(UrlCase(url, "B", url, sentence) for sentence, urls in _REFUSED_AS_TYPED.items() for url in urls),
    *(UrlCase(f"port {port}", "B", f"http://img.test:{port}/", UNREADABLE) for port in _UNREADABLE_PORTS),
    *(UrlCase(f"host {host}", "B", f"http://{host}/", UNREADABLE) for host in _UNREADABLE_HOSTS),
    *(UrlCase(f"port {p}", "B", f"http://img.test:{p}/", f"Port {p} is not fetched from.") for p in _PORTS),
    UrlCase("https on port 80", "B", "https://img.test:80/", "Port 80 is not fetched from."),
    *(UrlCase(f"host {host}", "B", f"http://{host}/", NOBODY) for host in _PRIVATE_HOSTS),
    UrlCase("hidden in a fragment", "B", "http://127.0.0.1#@img.test/", NOBODY),
    UrlCase("hidden in a query", "B", "http://127.0.0.1?@img.test/", NOBODY),
    UrlCase("https to loopback", "B", "https://127.0.0.1/", NOBODY),
    UrlCase("the server's name on the usual port", "B", "http://img.test/a", NOBODY),
    *(UrlCase(f"name {name}", "B", f"https://{name}/a", NOBODY) for name in (*ANSWERS_OF_NAMES, *_UNKNOWN_HOSTS)),
    *(_shown("http://img.test:{port}" + typed, path) for typed, path in _PATHS.items()),
    *(_shown(home + "/a") for home in _HOMES),
]
