"""Lets an older boto3, such as Debian's, say all that Stratus is asked: what its models lack is added from ours, in a folder for AWS_DATA_PATH."""
import json
import pathlib

import botocore.loaders
import botocore.session

OURS = pathlib.Path(__file__).resolve().parent.parent.parent / "stratus" / "models"


def add(theirs, ours):
    """Adds operations, shapes and members that are not there; changes nothing that is. Says whether there was anything to add."""
    more = False
    for kind in ("operations", "shapes"):
        for name, one in ours[kind].items():
            known = theirs[kind].setdefault(name, one)
            more = more or known is one
            for member, shape in one.get("members", {}).items():
                if member not in known.setdefault("members", {}):
                    known["members"][member] = shape
                    more = True
            for end in ("input", "output"):
                if kind == "operations" and end in one and end not in known:
                    known[end] = one[end]
                    more = True
    return more


def complete(folder):
    """Writes the models of services of which the installed botocore knows less than we do."""
    loader = botocore.session.get_session().get_component("data_loader")
    names = {}
    for name in loader.list_available_services("service-2"):
        names[loader.load_service_model(name, "service-2")["metadata"]["serviceId"]] = name
    for file in OURS.glob("*.json"):
        ours = json.loads(file.read_text())
        name = names[ours["metadata"]["serviceId"]]
        theirs = json.loads(json.dumps(loader.load_service_model(name, "service-2")))
        if add(theirs, ours):
            place = pathlib.Path(folder) / name / loader.determine_latest_version(name, "service-2")
            place.mkdir(parents=True)
            (place / "service-2.json").write_text(json.dumps(theirs))
