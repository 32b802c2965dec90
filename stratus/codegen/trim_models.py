#!/usr/bin/env python3
"""Trims the service models of an installed botocore to the operations that Stratus serves.

For each models/<service>.operations (one operation per line; the first line names botocore's service) it writes
models/<service>.json: metadata, operations, the shapes they reach, without prose. Operations that are not listed are kept as a name and
an HTTP binding, so that they can be refused by name.

Usage: trim_models.py [service…]
"""
import json
import pathlib
import sys

from botocore.loaders import Loader

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"
SHAPE_KEYS = ("type", "required", "enum", "min", "max", "pattern", "flattened", "locationName", "xmlNamespace", "exception",
              "error", "payload", "timestampFormat", "document", "union", "sensitive")
MEMBER_KEYS = ("shape", "locationName", "location", "queryName", "flattened", "xmlNamespace", "xmlAttribute",
               "timestampFormat", "idempotencyToken", "streaming")
METADATA_KEYS = ("apiVersion", "endpointPrefix", "jsonVersion", "protocol", "protocols", "serviceId", "signingName",
                 "targetPrefix", "uid", "xmlNamespace")


def pick(source, keys):
    return {key: source[key] for key in keys if key in source}


def trim_shape(shape):
    out = pick(shape, SHAPE_KEYS)
    if "members" in shape:
        out["members"] = {name: pick(member, MEMBER_KEYS) for name, member in shape["members"].items()}
    for key in ("member", "key", "value"):
        if key in shape:
            out[key] = pick(shape[key], MEMBER_KEYS)
    return out


def reach(model, name, shapes):
    if name in shapes:
        return
    shape = model["shapes"][name]
    shapes[name] = trim_shape(shape)
    for member in list(shape.get("members", {}).values()) + [shape[k] for k in ("member", "key", "value") if k in shape]:
        reach(model, member["shape"], shapes)


def trim(path):
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    source, *wanted = [line for line in lines if line]
    model = Loader().load_service_model(source, "service-2")
    unknown = set(wanted) - set(model["operations"])
    if unknown:
        sys.exit(f"{path.name}: {source} has no operation {', '.join(sorted(unknown))}")
    operations, refused, shapes = {}, {}, {}
    for name, operation in sorted(model["operations"].items()):
        http = pick(operation["http"], ("method", "requestUri", "responseCode"))
        if name not in wanted:
            refused[name] = http
            continue
        out = {"http": http}
        for side in ("input", "output"):
            if side in operation:
                out[side] = pick(operation[side], ("shape", "resultWrapper", "locationName", "xmlNamespace"))
                reach(model, operation[side]["shape"], shapes)
        out["errors"] = [error["shape"] for error in operation.get("errors", [])]
        for error in out["errors"]:
            reach(model, error, shapes)
        operations[name] = out
    result = {"metadata": pick(model["metadata"], METADATA_KEYS), "operations": operations, "refused": refused,
              "shapes": dict(sorted(shapes.items()))}
    path.with_suffix(".json").write_text(json.dumps(result, indent=1, sort_keys=False) + "\n")
    print(f"{path.stem}: {len(operations)} operations, {len(shapes)} shapes")


def main():
    paths = [MODELS / f"{name}.operations" for name in sys.argv[1:]] or sorted(MODELS.glob("*.operations"))
    for path in paths:
        trim(path)


if __name__ == "__main__":
    main()
