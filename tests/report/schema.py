"""A JSON schema checked with Python alone: what samples/report.schema.json uses, and not a word more.

    schema.py SCHEMA FILE...

Keys that the schema does not name are mistakes here, so that a new field comes with its row.
"""
import json
import re
import sys

KNOWN = set("$schema $defs $ref title description type required properties additionalProperties items oneOf enum const "
            "pattern minimum maxItems".split())
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def mistakes(schema, value, root, at="$"):
    unknown = set(schema) - KNOWN
    if unknown:
        return [f"{at}: the schema says {unknown}, which is not checked here"]
    if "$ref" in schema:
        return mistakes(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root, at)
    if "oneOf" in schema:
        found = [mistakes(s, value, root, at) for s in schema["oneOf"]]
        return [] if sum(not f for f in found) == 1 else min(found, key=len) or [f"{at}: fits more than one"]
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if types and not any(is_type(value, t) for t in types):
        return [f"{at}: {value!r} is not {' or '.join(types)}"]
    out = []
    if "enum" in schema and value not in schema["enum"]:
        out.append(f"{at}: {value!r} is none of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        out.append(f"{at}: {value!r} is not {schema['const']!r}")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        out.append(f"{at}: {value!r} does not look like {schema['pattern']}")
    if is_type(value, "number") and value < schema.get("minimum", value):
        out.append(f"{at}: {value} is too small")
    if isinstance(value, list):
        if len(value) > schema.get("maxItems", len(value)):
            out.append(f"{at}: {len(value)} items")
        for i, item in enumerate(value):
            out += mistakes(schema.get("items", {}), item, root, f"{at}[{i}]")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        out += [f"{at}: no {key}" for key in schema.get("required", []) if key not in value]
        out += [f"{at}: {key} is not in the schema" for key in value if key not in properties]
        for key in value.keys() & properties.keys():
            out += mistakes(properties[key], value[key], root, f"{at}.{key}")
    return out


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f)
    bad = 0
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8", errors="strict") as f:
            for line in mistakes(schema, json.load(f), schema)[:20]:
                print(f"{name}: {line}")
                bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
