"""What the HTTP edge refuses before any handler."""

PATH = "/api/v1/products"


def request(fields="Host: x\r\n", method="GET", target=PATH, version="HTTP/1.1", body=""):
    return f"{method} {target} {version}\r\n{fields}\r\n{body}".encode()


def tell(story):
    shop = story.shop
    shop.get("/openapi.yaml")
    tag = shop.get("/docs").headers["ETag"]
    shop.get("/docs", 304, headers={"If-None-Match": tag})
    tag = shop.get("/openapi.yaml").headers["ETag"]
    shop.get("/openapi.yaml", 304, headers={"If-None-Match": tag})
    shop.get("/nothing", "not_found")
    shop.ask("DELETE", PATH, expect="method_not_allowed")

    def refused(code, *arguments, method="GET", **named):
        data = request(*arguments, method=method, **named)
        story.test.assertEqual(shop.send(data, method, PATH, code).headers["Connection"], "close")

    refused("malformed_request", "Host: x\r\nHost: y\r\n")
    refused("uri_too_long", target=PATH + "?" + "a" * 5000)
    refused("header_too_large", "Host: x\r\nX-Long: " + "a" * 17000 + "\r\n")
    refused("too_many_header_fields", "Host: x\r\n" + "X-A: b\r\n" * 80)
    refused("body_too_large", "Host: x\r\nContent-Length: 70000\r\n", method="POST")
    refused("expectation_failed", "Host: x\r\nExpect: coffee\r\n", method="POST")
    refused("transfer_encoding_not_implemented", "Host: x\r\nTransfer-Encoding: gzip\r\n", method="POST")
    refused("method_not_implemented", method="BREW")
    refused("http_version_not_supported", version="HTTP/3.0")

    impatient = story.client(story.node("impatient", http={"request_timeout": "200ms"}))
    impatient.send(b"GET / HTTP/1.1\r\nHost:", "GET", PATH, "request_timeout")

    # At the limit a connection is answered, not dropped.
    narrow = story.node("narrow", http={"max_connections": 1})
    with story.connection(narrow.port):
        answer = story.client(narrow).send(b"", "GET", PATH, "overloaded")
        story.test.assertEqual(answer.headers["Connection"], "close")
