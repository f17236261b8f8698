#!/usr/bin/env python3
"""Makes the OpenAPI document of the JSON API from the contract.

    openapi.py DESCRIPTORS OPENAPI.json PAGES.cc

DESCRIPTORS is what protoc writes with --include_imports and
--include_source_info, as the comments of the contract become the descriptions.
The same input makes the same bytes. PAGES.cc holds the document and a page to
read, for the program.
"""
import html
import json
import re
import sys

from google.protobuf import descriptor_pb2

PACKAGE = "kenal.v1"
FIELD = descriptor_pb2.FieldDescriptorProto
BINARY = {"type": "string", "format": "binary"}
# Fields of bytes that hold no hash.
PICTURES = {".kenal.v1.Content.picture"}

ERRORS = {
    "400": "A field, a parameter or the request itself is wrong",
    "401": "The certificate's names are not in the table of clients",
    "403": "The roles of the certificate do not allow it",
    "404": "There is no such list, entry or path",
    "409": "It is there already, or is in the wrong state",
    "413": "The body or the answer is too large",
    "415": "The body is of a type that is not taken",
    "429": "A queue is full or a quota used up; Retry-After says when to come",
    "503": "Not serving, or an answer could not be had",
    "504": "The deadline passed before work started",
}


def kebab(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def comments_of(file):
    """Path in the descriptor -> its leading comment as one paragraph each."""
    found = {}
    for location in file.source_code_info.location:
        text = location.leading_comments
        if text:
            lines = [line[1:] if line.startswith(" ") else line
                     for line in text.rstrip("\n").split("\n")]
            found[tuple(location.path)] = "\n".join(lines)
    return found


def flowed(text):
    """Lines of a paragraph become one; tables (indented lines) stay."""
    out = []
    for line in text.split("\n"):
        if out and out[-1] and line and not line.startswith(" ") and \
                not out[-1].startswith(" "):
            out[-1] += " " + line
        else:
            out.append(line)
    return "\n".join(out)


class Contract:
    def __init__(self, files):
        self.messages = {}   # full name -> (descriptor, path, comments)
        self.enums = {}
        self.services = []
        for file in files:
            if file.package != PACKAGE:
                continue
            comments = comments_of(file)
            for i, message in enumerate(file.message_type):
                name = f".{file.package}.{message.name}"
                self.messages[name] = (message, (4, i), comments)
            for i, enum in enumerate(file.enum_type):
                name = f".{file.package}.{enum.name}"
                self.enums[name] = (enum, (5, i), comments)
            for i, service in enumerate(file.service):
                self.services.append((service, (6, i), comments))

    def enum_schema(self, name):
        enum, path, comments = self.enums[name]
        notes = [flowed(comments.get(path, ""))]
        for i, value in enumerate(enum.value):
            note = comments.get(path + (2, i))
            if note:
                notes.append(f"{value.name}: {flowed(note)}")
        schema = {"type": "string",
                  "enum": [value.name for value in enum.value]}
        return described(schema, "\n".join(note for note in notes if note))

    def scalar(self, field, owner):
        if field.type in (FIELD.TYPE_MESSAGE, FIELD.TYPE_ENUM):
            if field.type_name == ".google.protobuf.Timestamp":
                return {"type": "string", "format": "date-time"}
            return {"$ref": "#/components/schemas/" +
                            field.type_name.rsplit(".", 1)[1]}
        if field.type == FIELD.TYPE_BYTES:
            if f"{owner}.{field.name}" in PICTURES:
                return {"type": "string", "format": "byte"}
            return {"type": "string",
                    "description": "Base64 or, in requests, hex."}
        return {
            FIELD.TYPE_BOOL: {"type": "boolean"},
            FIELD.TYPE_STRING: {"type": "string"},
            FIELD.TYPE_INT32: {"type": "integer", "format": "int32"},
            FIELD.TYPE_UINT32: {"type": "integer", "format": "int64",
                                "minimum": 0},
            FIELD.TYPE_INT64: {"type": "string", "format": "int64"},
            FIELD.TYPE_UINT64: {"type": "string", "format": "uint64"},
        }[field.type]

    def message_schema(self, name):
        message, path, comments = self.messages[name]
        properties = {}
        for i, field in enumerate(message.field):
            schema = self.scalar(field, name)
            note = flowed(comments.get(path + (2, i), ""))
            if "$ref" in schema and note and \
                    field.label != FIELD.LABEL_REPEATED:
                schema = {"allOf": [schema]}
            if field.label == FIELD.LABEL_REPEATED:
                schema = {"type": "array", "items": schema}
            is_one_of = field.HasField("oneof_index") and \
                not field.proto3_optional
            if is_one_of:
                oneof = message.oneof_decl[field.oneof_index].name
                note = (note + "\n" if note else "") + \
                    f"At most one field of `{oneof}` is set."
            if schema.get("description") and note:
                note += "\n" + schema["description"]
            properties[field.name] = described(schema, note)
        schema = {"type": "object", "additionalProperties": False}
        if properties:
            schema["properties"] = properties
        return described(schema, flowed(comments.get(path, "")))


def described(schema, text):
    return {**schema, "description": text} if text else schema


def ref(name):
    return {"$ref": f"#/components/schemas/{name.rsplit('.', 1)[-1]}"}


def answer(schema, description="Done", media_type="application/json"):
    responses = {"200": {"description": description,
                         "content": {media_type: {"schema": schema}}}}
    for code in ERRORS:
        responses[code] = {"$ref": f"#/components/responses/{code}"}
    return responses


def parameter(name, schema, description, required=False):
    made = {"name": name, "in": "query", "schema": schema}
    if required:
        made["required"] = True
    return described(made, description)


def picture_parameters(contract):
    message, path, comments = contract.messages[".kenal.v1.MatchRequest"]
    made = []
    for i, field in enumerate(message.field):
        if field.name != "content":
            made.append(parameter(
                field.name, contract.scalar(field, ".kenal.v1.MatchRequest"),
                "Of a picture sent as it is. " +
                flowed(comments.get(path + (2, i), ""))))
    return made


def method_path(contract, service, method, note):
    content = {"application/json": {"schema": ref(method.input_type)}}
    operation = {"operationId": method.name, "tags": [service.name]}
    first = note.split(". ")[0].split("\n")[0].rstrip(".")
    operation["summary"] = first or method.name
    if note:
        operation["description"] = note
    if method.name == "Match":
        operation["parameters"] = picture_parameters(contract)
        content["image/*"] = {"schema": BINARY}
        content["application/octet-stream"] = {"schema": BINARY}
    operation["requestBody"] = {"content": content}
    operation["responses"] = answer(ref(method.output_type))
    return {"post": operation}


def lookup_paths():
    signal = [
        parameter("signal_type", {"type": "string",
                                  "enum": ["pdq", "md5", "sha1", "sha256",
                                           "photo_md5", "video_md5"]},
                  "", True),
        parameter("signal", {"type": "string"}, "Hex.", True)]
    banks = parameter("banks", {"type": "string"},
                      "Names of lists, between commas; without it those that "
                      "verdicts are made from.")
    content = {"type": "object", "required": ["bank_content_id"],
               "properties": {"bank_content_id": {"type": "integer"},
                              "distance": {"type": "string"}}}
    by_bank = {"type": "object", "additionalProperties": {
        "type": "array", "items": ref("BankContent")}}
    tags = ["Hasher-Matcher-Actioner"]
    form = {"type": "object", "properties": {"photo": BINARY}}
    return {
        "BankContent": content,
        "Banks": by_bank,
        "BanksByType": {"type": "object",
                        "additionalProperties": ref("Banks")},
        "RawMatches": {"type": "object", "properties": {"matches": {
            "type": "array", "items": {"oneOf": [
                {"type": "integer"}, ref("BankContent")]}}}},
    }, {
        "/m/lookup": {
            "get": {"operationId": "LookupSignal", "tags": tags,
                    "summary": "The banks that hold a signal",
                    "parameters": signal + [banks],
                    "responses": answer(ref("Banks"))},
            "post": {"operationId": "LookupPicture", "tags": tags,
                     "summary": "The banks that hold a picture",
                     "parameters": [banks],
                     "requestBody": {"content": {
                         "image/*": {"schema": BINARY},
                         "application/octet-stream": {"schema": BINARY},
                         "multipart/form-data": {"schema": form}}},
                     "responses": answer(ref("BanksByType"))}},
        "/m/raw_lookup": {
            "get": {"operationId": "RawLookup", "tags": tags,
                    "summary": "What a signal meets, without banks",
                    "parameters": signal + [banks, parameter(
                        "include_distance", {"type": "boolean"}, "")],
                    "responses": answer(ref("RawMatches"))}},
    }


def page_paths():
    def page(name, summary, media_type, tag="Pages"):
        return {"get": {"operationId": name, "tags": [tag],
                        "summary": summary,
                        "responses": answer({"type": "string"}, "Done",
                                            media_type)}}
    return {
        "/metrics": page("Metrics", "What the server counts and measures",
                         "text/plain", "OperationsService"),
        "/healthz": page("Health", "Whether it runs", "text/plain"),
        "/readyz": page("Ready", "Whether it serves", "text/plain"),
        "/status": page("Status", "Whether it serves, in the words of the "
                        "Hasher-Matcher-Actioner", "text/plain"),
        "/openapi.json": page("OpenApi", "This document", "application/json"),
        "/docs": page("Docs", "A page to read", "text/html"),
    }


def error_parts():
    error = {"type": "object", "required": ["code", "message"], "properties": {
        "code": {"type": "string",
                 "description": "Of gRPC, such as RESOURCE_EXHAUSTED."},
        "message": {"type": "string", "description": "For people."},
        "retry_after_ms": {"type": "integer", "format": "int64"},
        "request_id": {"type": "string"}}}
    body = {"type": "object", "required": ["error"],
            "properties": {"error": error, "message": {
                "type": "string",
                "description": "Of the paths below /m/ alone."}}}
    responses = {code: {"description": text, "content": {
        "application/json": {"schema": ref("Error")}}}
        for code, text in ERRORS.items()}
    return body, responses


def document(contract):
    paths, tags = {}, []
    for service, at, comments in contract.services:
        tags.append(described({"name": service.name},
                              flowed(comments.get(at, ""))))
        for i, method in enumerate(service.method):
            if method.client_streaming or method.server_streaming:
                continue
            note = flowed(comments.get(at + (2, i), ""))
            paths[f"/v1/{kebab(method.name)}"] = method_path(
                contract, service, method, note)
    schemas = {}
    for name in sorted(contract.messages):
        schemas[name.rsplit(".", 1)[1]] = contract.message_schema(name)
    for name in sorted(contract.enums):
        schemas[name.rsplit(".", 1)[1]] = contract.enum_schema(name)
    lookup_schemas, lookups = lookup_paths()
    schemas.update(lookup_schemas)
    schemas["Error"], responses = error_parts()
    paths.update(lookups)
    paths.update(page_paths())
    made = {
        "openapi": "3.0.3",
        "info": {"title": "Kenal", "version": "v1", "description":
                 "Recognises known abuse imagery by hashes. JSON is proto3 "
                 "JSON with the field names of the contract; 64-bit integers "
                 "are strings. Every connection needs a client certificate, "
                 "whose roles say what may be called."},
        "tags": tags + [{"name": "Hasher-Matcher-Actioner"},
                        {"name": "Pages"}],
        "paths": paths,
        "components": {"schemas": schemas, "responses": responses},
    }
    used = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(paths)))
    used |= {"Error"}
    while True:
        more = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(
            [schemas[name] for name in used])))
        if more <= used:
            break
        used |= more
    made["components"]["schemas"] = {
        name: schema for name, schema in schemas.items() if name in used}
    return made


STYLE = """body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;
padding:0 1rem;color:#222}code,pre{font-family:monospace;background:#f3f3f3}
pre{padding:.5rem;overflow:auto}h3{margin-top:2rem}table{border-collapse:
collapse;width:100%}td{border-top:1px solid #ddd;padding:.3rem .6rem;
vertical-align:top}.verb{font-weight:bold}p{white-space:pre-wrap}"""


def type_text(schema):
    if "allOf" in schema:
        schema = schema["allOf"][0]
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#{name}">{name}</a>'
    if schema.get("type") == "array":
        return type_text(schema["items"]) + " []"
    return html.escape(schema.get("format") or schema.get("type", "any"))


def page(made):
    out = ["<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">",
           f"<title>Kenal: JSON over HTTP</title><style>{STYLE}</style></head>",
           "<body><h1>Kenal: JSON over HTTP</h1>",
           f"<p>{html.escape(made['info']['description'])}</p>",
           "<p>The same for programs: <a href=\"/openapi.json\">"
           "openapi.json</a></p>"]
    for tag in made["tags"]:
        out.append(f"<h2>{html.escape(tag['name'])}</h2>")
        out.append(f"<p>{html.escape(tag.get('description', ''))}</p>")
        for path, verbs in made["paths"].items():
            for verb, operation in verbs.items():
                if tag["name"] in operation["tags"]:
                    out += operation_html(path, verb, operation)
    out.append("<h2>Types</h2>")
    for name, schema in made["components"]["schemas"].items():
        out.append(f"<h3 id=\"{name}\">{name}</h3>")
        out.append(f"<p>{html.escape(schema.get('description', ''))}</p>")
        rows = schema.get("properties", {})
        if rows:
            out.append("<table>")
            for field, kind in rows.items():
                out.append(
                    f"<tr><td><code>{field}</code></td><td>{type_text(kind)}"
                    f"</td><td>{html.escape(kind.get('description', ''))}"
                    "</td></tr>")
            out.append("</table>")
        elif "enum" in schema:
            out.append("<pre>" + "\n".join(schema["enum"]) + "</pre>")
    return "\n".join(out + ["</body></html>"]) + "\n"


def operation_html(path, verb, operation):
    out = [f"<h3><code>{verb.upper()} {html.escape(path)}</code></h3>"]
    text = operation.get("description") or operation["summary"]
    out.append(f"<p>{html.escape(text)}</p><table>")
    for one in operation.get("parameters", []):
        out.append(f"<tr><td><code>?{one['name']}</code></td>"
                   f"<td>{type_text(one['schema'])}</td>"
                   f"<td>{html.escape(one.get('description', ''))}</td></tr>")
    body = operation.get("requestBody", {}).get("content", {})
    for media_type, content in body.items():
        out.append(f"<tr><td>body</td><td>{html.escape(media_type)}</td>"
                   f"<td>{type_text(content['schema'])}</td></tr>")
    for media_type, content in operation["responses"]["200"]["content"].items():
        out.append(f"<tr><td>answer</td><td>{html.escape(media_type)}</td>"
                   f"<td>{type_text(content['schema'])}</td></tr>")
    return out + ["</table>"]


def cpp_text(text):
    """A C++ expression of type std::string; literals have a longest length."""
    pieces = [text[i:i + 8000] for i in range(0, len(text), 8000)]
    return "\n".join(f'      R"KENAL({piece})KENAL"' for piece in pieces)


def main():
    descriptors, openapi, pages = sys.argv[1:]
    files = descriptor_pb2.FileDescriptorSet()
    with open(descriptors, "rb") as file:
        files.ParseFromString(file.read())
    made = document(Contract(files.file))
    text = json.dumps(made, indent=1, ensure_ascii=True) + "\n"
    with open(openapi, "w", encoding="utf-8") as file:
        file.write(text)
    with open(pages, "w", encoding="utf-8") as file:
        file.write('#include "src/http/pages.h"\n\nnamespace kenal::http {\n'
                   "std::string OpenApiText() {\n  return\n" +
                   cpp_text(text) + ";\n}\n"
                   "std::string DocsHtml() {\n  return\n" +
                   cpp_text(page(made)) + ";\n}\n}  // namespace kenal::http\n")


if __name__ == "__main__":
    main()
