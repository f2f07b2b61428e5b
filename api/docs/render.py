#!/usr/bin/python3
"""render.py openapi.yaml style.css docs.hpp: the page at /docs, as a C++ header.

The page needs nothing but itself: no script, no font, no network. Its policy allows exactly its own style.
"""

import base64
import hashlib
import html
import json
import re
import sys

import yaml

METHODS = ("get", "post", "put", "patch", "delete")


def text(value):
    return html.escape(str(value), quote=True)


def inline(value):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text(value))


def paragraphs(value):
    return "".join(f"<p>{inline(' '.join(part.split()))}</p>" for part in str(value or "").split("\n\n") if part.strip())


class Page:
    def __init__(self, document):
        self.document = document
        self.operations = [(path, method, item[method]) for path, item in document["paths"].items()
                           for method in METHODS if method in item]

    def resolve(self, thing):
        while "$ref" in thing:
            target = self.document
            for name in thing["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            thing = target
        return thing

    # --- schemas ---------------------------------------------------------------------------------------------------

    def type_of(self, schema):
        """In words, with a link where the schema has a name."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            if self.resolve(schema).get("properties"):
                return f'<a href="#schema-{text(name)}">{text(name)}</a>'
            return self.type_of(self.resolve(schema))
        if "enum" in schema:
            return "one of " + ", ".join(f"<code>{text(one)}</code>" for one in schema["enum"])
        if "const" in schema:
            return f"<code>{text(schema['const'])}</code>"
        for joined in ("oneOf", "anyOf"):
            if joined in schema:
                return " or ".join(self.type_of(one) for one in schema[joined])
        kinds = schema.get("type", "anything")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        words = []
        for kind in kinds:
            if kind == "array":
                words.append("list of " + self.type_of(schema.get("items", {})))
            else:
                words.append(schema.get("format", kind) if kind == "string" else kind)
        return " or ".join(words) + self.bounds(schema)

    @staticmethod
    def bounds(schema):
        parts = []
        for least, most, unit in (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"),
                                  ("minItems", "maxItems", " items")):
            low, high = schema.get(least), schema.get(most)
            if low is not None and high is not None:
                parts.append(f"{low:,} to {high:,}{unit}")
            elif low is not None:
                parts.append(f"{low:,} or more{unit}")
            elif high is not None:
                parts.append(f"at most {high:,}{unit}")
        if "pattern" in schema:
            parts.append(f"<code>{text(schema['pattern'])}</code>")
        if "default" in schema:
            parts.append(f"default {text(schema['default'])}")
        return ", " + ", ".join(parts) if parts else ""

    def members(self, schema, prefix=""):
        rows = ""
        for name, member in schema.get("properties", {}).items():
            needed = ' <span class="needed">needed</span>' if name in schema.get("required", []) else ""
            said = member.get("description", "") or self.resolve(member).get("description", "")
            rows += (f"<tr><td><code>{text(prefix + name)}</code>{needed}</td>"
                     f'<td><span class="type">{self.type_of(member)}</span>{" – " + inline(said) if said else ""}</td></tr>')
            inner = member.get("items", member)  # an object without a name of its own is shown in place
            if inner.get("properties"):
                rows += self.members(inner, prefix + name + ("[]." if "items" in member else "."))
        return rows

    def example(self, schema, name=""):
        schema = self.resolve(schema)
        if "example" in schema:
            return schema["example"]
        if "enum" in schema:
            return schema["enum"][0]
        if "oneOf" in schema or "anyOf" in schema:
            return self.example((schema.get("oneOf") or schema["anyOf"])[0], name)
        kinds = schema.get("type", "object")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if kind == "object":
            return {key: self.example(member, key) for key, member in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.example(schema.get("items", {}), name)]
        if kind == "integer":
            return max(schema.get("minimum", 0), 1)
        if kind == "boolean":
            return False
        return {"date-time": "2026-11-21T05:17:14.123456Z"}.get(schema.get("format"), name or "text")

    def content(self, content):
        if not content:
            return ""
        media, described = next(iter(content.items()))
        schema = described.get("schema", {})
        if "json" not in media:
            return f"<p>{text(media)}</p>"
        link = f"<p>{self.type_of(schema)}</p>" if "$ref" in schema else ""
        return link + f"<pre><code>{text(json.dumps(self.example(schema), indent=2))}</code></pre>"

    # --- operations ------------------------------------------------------------------------------------------------

    def parameters(self, operation):
        rows = ""
        for parameter in map(self.resolve, operation.get("parameters", [])):
            needed = ' <span class="needed">needed</span>' if parameter.get("required") else ""
            said = " – " + inline(parameter["description"]) if "description" in parameter else ""
            rows += (f"<tr><td><code>{text(parameter['name'])}</code>{needed}</td><td>{text(parameter['in'])}</td>"
                     f'<td><span class="type">{self.type_of(parameter["schema"])}</span>{said}</td></tr>')
        if not rows:
            return ""
        return f'<h4>Parameters</h4><div class="scroll"><table>{rows}</table></div>'

    @staticmethod
    def codes(problems):
        lines = "".join(f'<li><span class="status">{status}</span>' +
                        " ".join(f"<code>{text(code)}</code>" for code in codes) + "</li>"
                        for status, codes in sorted(problems.items(), key=lambda entry: int(entry[0])))
        return f'<ul class="codes">{lines}</ul>'

    def responses(self, operation):
        out = ""
        for status, response in operation["responses"].items():
            if status == "default":
                continue
            response = self.resolve(response)
            headers = "".join(f"<tr><td><code>{text(name)}</code></td><td>{inline(self.resolve(header).get('description', ''))}"
                              "</td></tr>" for name, header in response.get("headers", {}).items())
            out += (f'<h4>{text(status)} – {inline(" ".join(response["description"].split()))}</h4>' +
                    (f"<table>{headers}</table>" if headers else "") + self.content(response.get("content")))
        if operation.get("x-problems"):
            out += "<h4>Problems of its own</h4>" + self.codes(operation["x-problems"])
        return out

    def operation(self, path, method, operation):
        body = self.resolve(operation.get("requestBody", {})).get("content")
        open_to_all = operation.get("security") == [] and not path.startswith(("/docs", "/openapi"))
        return (f'<section class="operation" id="{text(operation["operationId"])}">'
                f'<h3>{inline(operation.get("summary", operation["operationId"]))}</h3>'
                f'<span class="path"><span class="method {method}">{method.upper()}</span> {text(path)}</span>'
                f'{paragraphs(operation.get("description"))}'
                f'{"<p>Needs no key or token.</p>" if open_to_all else ""}'
                f'{self.parameters(operation)}'
                f'{"<h4>Body</h4>" + self.content(body) if body else ""}{self.responses(operation)}</section>')

    # --- the whole -------------------------------------------------------------------------------------------------

    def tags(self):
        known = [tag["name"] for tag in self.document.get("tags", [])]
        used = {(operation.get("tags") or ["this document"])[0] for _, _, operation in self.operations}
        return [tag for tag in known if tag in used] + sorted(used - set(known))

    def of(self, tag):
        return [entry for entry in self.operations if (entry[2].get("tags") or ["this document"])[0] == tag]

    def navigation(self):
        out = ""
        for tag in self.tags():
            links = "".join(f'<li><a href="#{text(operation["operationId"])}">'
                            f'{inline(operation.get("summary", operation["operationId"]))}</a></li>'
                            for _, _, operation in self.of(tag))
            out += f"<h2>{text(tag)}</h2><ul>{links}</ul>"
        return out + '<h2>Reference</h2><ul><li><a href="#problems">Problems</a></li><li><a href="#schemas">Schemas</a></li></ul>'

    def body(self):
        info = self.document["info"]
        out = (f'<h1>{text(info["title"])} <small>{text(info["version"])}</small></h1>'
               f'<p class="lead">{inline(info.get("summary", ""))}</p>{paragraphs(info.get("description"))}'
               '<p>The machine-readable form: <a href="/openapi.yaml">openapi.yaml</a></p>')
        for tag in self.tags():
            out += f'<h2 class="tag">{text(tag)}</h2>' + "".join(self.operation(*entry) for entry in self.of(tag))
        out += '<h2 class="tag" id="problems">Problems</h2>'
        for group, problems in self.document.get("x-problems", {}).items():
            whom = {"every": "Every operation", "body": "With a body", "key": "With an Idempotency-Key"}.get(group, group)
            out += f"<h4>{text(whom)}</h4>" + self.codes(problems)
        out += '<h2 class="tag" id="schemas">Schemas</h2>'
        for name, schema in self.document["components"]["schemas"].items():
            if schema.get("properties"):
                out += (f'<h4 id="schema-{text(name)}">{text(name)}</h4>{paragraphs(schema.get("description"))}'
                        f'<div class="scroll"><table>{self.members(schema)}</table></div>')
        return out


def main(document_file, style_file, header_file):
    with open(document_file, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    with open(style_file, encoding="utf-8") as file:
        style = file.read()
    page = Page(document)
    whole = ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
             '<meta name="viewport" content="width=device-width, initial-scale=1">'
             f'<title>{text(document["info"]["title"])} API</title><style>{style}</style></head><body>'
             f'<nav aria-label="Operations"><details open><summary>Contents</summary><div>{page.navigation()}</div></details></nav>'
             f"<main>{page.body()}</main></body></html>\n")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
              "frame-ancestors 'none'")
    assert ')docs"' not in whole
    with open(header_file, "w", encoding="utf-8") as file:
        file.write("// Generated from openapi.yaml by api/docs/render.py; do not edit.\n#pragma once\n\n"
                   "#include <string_view>\n\nnamespace outboxd::api {\n\n"
                   f'inline constexpr std::string_view kDocsPage = R"docs({whole})docs";\n'
                   f'inline constexpr std::string_view kDocsPolicy = "{policy}";\n\n}} // namespace outboxd::api\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
